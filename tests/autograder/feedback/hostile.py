"""What students might write so that it runs, or asks for something, when somebody reads their feedback."""

RUN = "console.error('RAN')"
ASK = "https://evil.example/x"

MARKUP = {
    "script": f"<script>{RUN}</script>",
    "script_in_pieces": f"<scr<script></script>ipt>{RUN}</script>",
    "upper_case": f"<SCRIPT >{RUN}</ScRiPt >",
    "never_closed": f"<script>{RUN}",
    "handler": f'<img src=x onerror="{RUN}">',
    "handler_without_spaces": f"<img/src=x/onerror={RUN}>",
    "handler_in_svg": f'<svg onload="{RUN}"><circle r=9></svg>',
    "handler_on_details": f'<details open ontoggle="{RUN}"><summary>see</summary>x</details>',
    "animation": f'<svg><a><animate attributeName=href values="javascript:{RUN}"/><text>x</text></a></svg>',
    "set": f'<svg><set attributeName=onmouseover to="{RUN}"/></svg>',
    "foreign_object": f'<svg><foreignObject><iframe srcdoc="<script>{RUN}</script>"></foreignObject></svg>',
    "use": f'<svg><use href="{ASK}#a"/></svg>',
    "math": f'<math><mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror={RUN}&gt;">',
    "noscript": f'<noscript><p title="</noscript><img src=x onerror={RUN}>"></noscript>',
    "textarea": f'<textarea><img title="</textarea><img src=x onerror={RUN}>"></textarea>',
    "style_breaks_out": f'<svg></p><style><a id="</style><img src=x onerror={RUN}>">',
    "iframe": f'<iframe src="javascript:{RUN}"></iframe>',
    "srcdoc": f'<iframe srcdoc="<script>{RUN}</script>"></iframe>',
    "object": f'<object data="{ASK}"></object>',
    "embed": f'<embed src="{ASK}">',
    "refresh": f'<meta http-equiv="refresh" content="0;url={ASK}">',
    "base": f'<base href="{ASK}/">',
    "stylesheet": f'<link rel=stylesheet href="{ASK}.css">',
    "import": f"<style>@import '{ASK}.css';</style>",
    "style_url": f'<p style="background:url({ASK}.png)">x</p>',
    "style_escaped": f'<p style="background:u\\72l({ASK}.png)">x</p>',
    "style_image_set": f"<p style=\"background:image-set('{ASK}.png' 1x)\">x</p>",
    "image": f'<img src="{ASK}.png">',
    "srcset": f'<img srcset="{ASK}.png 1x">',
    "video": f'<video poster="{ASK}.png" src="{ASK}.mp4" autoplay></video>',
    "audio": f'<audio src="{ASK}.mp3" autoplay></audio>',
    "input": f'<input type=image src="{ASK}.png">',
    "form": f'<form action="{ASK}"><button formaction="javascript:{RUN}" autofocus onfocus="{RUN}">x</form>',
    "background": f'<table background="{ASK}.png"><tr><td>x</td></tr></table>',
    "comment": f"<!--><img src=x onerror={RUN}>-->",
    "cdata": f"<svg><![CDATA[><img src=x onerror={RUN}>]]></svg>",
    "data_page": f'<a href="data:text/html,<script>{RUN}</script>">x</a>',
    "nul": f"<scr\x00ipt>{RUN}</script>",
    "fullwidth": f"＜script＞{RUN}＜/script＞",
    "long_s": f"<\u017fcript>{RUN}</\u017fcript>",
}
"""HTML by the name of its trick."""

LINKS = {
    "javascript": f"javascript:{RUN}",
    "tabs": f"java\tscript:{RUN}",
    "newline": f"java\nscript:{RUN}",
    "control": f"\x01javascript:{RUN}",
    "entities": f"&#106;avascript&colon;{RUN}",
    "vbscript": f"vbscript:{RUN}",
    "data": f"data:text/html;base64,PHNjcmlwdD4=#{RUN}",
    "zero_width": f"java\u200bscript:{RUN}",
    "capitals": f"JaVaScRiPt:{RUN}",
    "relative": "//evil.example/x",
}
"""Addresses by the name of their trick."""

"""How does the report look?  One style sheet, light, dark, narrow and on paper."""

from distsys.draw.figure import DARK, LIGHT

_RIGHT = ",".join(f".n{at} :is(th,td):nth-child({at})" for at in range(2, 20))
_LONG = ",".join(f".t{at} td:nth-child({at})" for at in range(2, 20))

STYLE = (
    f"""
:root{{{LIGHT};color-scheme:light dark}}
@media screen and (prefers-color-scheme:dark){{:root{{{DARK}}}}}
{_RIGHT}{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
{_LONG}{{min-width:14rem;white-space:normal;text-align:left}}
"""
    """
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
header,main,footer{max-width:72rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:.3rem 0 .6rem;letter-spacing:-.01em}
h2{font-size:1.4rem;margin:3rem 0 .6rem;padding-top:.8rem;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:1.4rem 0 .4rem}
p,ul,dl{max-width:46rem}
a{color:var(--c0)}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--c0);outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--bg);padding:.4rem .8rem}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;margin:.6rem 0;max-width:none}
.quiet,figcaption,caption{color:var(--mut);font-size:.9rem}
caption{white-space:nowrap}
.bad{color:var(--bad);font-weight:600}
code,pre{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.85em}
code{background:var(--band);padding:.05em .25em;border-radius:3px;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem;margin:1rem 0}
.card{border:1px solid var(--line);border-left:4px solid var(--c0);border-radius:4px;padding:.8rem 1rem}
.card.warn{border-left-color:var(--bad)}
.card h3{margin:0 0 .4rem}
.card ol,.card ul{margin:.3rem 0;padding-left:1.2rem}
.card p{margin:.3rem 0}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1rem 2rem}
.plots figure{margin:0!important}
.wide{overflow-x:auto;margin:.8rem 0}
table{border-collapse:collapse;font-size:.92rem}
caption{text-align:left;padding:.2rem 0 .4rem}
th,td{text-align:left;vertical-align:top;padding:.35rem 1.1rem .35rem 0;border-bottom:1px solid var(--line)}
thead th{font-weight:600;border-bottom:2px solid var(--line)}
tbody th{font-weight:600;white-space:nowrap;position:sticky;left:0;background:var(--bg)}
.meter{display:inline-block;width:4.5rem;height:.55rem;border:1px solid var(--line);margin-right:.5rem;
vertical-align:middle}
.meter i{display:block;height:100%;background:var(--c0)}
details{margin:.4rem 0}
summary{cursor:pointer;padding:.2rem 0}
details>div,details>ul,details>p{margin-left:1.1rem}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem;
margin:.5rem 0 1rem}
.sides h3{margin:0 0 .3rem;font-size:.95rem}
pre{background:var(--band);margin:0;padding:.5rem 0;max-height:32rem;overflow:auto;line-height:1.45;
border-radius:4px}
pre span,pre mark{display:block;padding:0 .6rem;border-left:4px solid transparent;min-height:1.45em;
white-space:pre-wrap;overflow-wrap:anywhere;background:none;color:inherit}
pre mark{border-left-color:var(--hi);background:var(--bg)}
footer{padding:2rem 1.25rem;color:var(--mut);font-size:.9rem}
@media (max-width:40rem){.meter{display:none}
body{font-size:15px}h1{font-size:1.5rem}details>:is(div,ul,p){margin-left:.5rem}
ul,ol{padding-left:1.3rem}tbody th{white-space:normal}}
@media print{
nav,.skip{display:none}
header,main,footer{max-width:none;padding:0}
details:has(>div>pre),.sides,.meter{display:none}
table{font-size:.75rem}
td{min-width:0!important}
th,td{padding-right:.6rem}
.card,figure,tr{break-inside:avoid}
h2{break-after:avoid}
.wide{overflow:visible}
details::details-content{content-visibility:visible;display:block}
}
"""
)

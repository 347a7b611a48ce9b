"""Explorers: what happens if this value is another one?

An explorer holds one picture for each value of a parameter. On a page the pictures are ready made and a
group of radio buttons chooses one, by style rules alone: no script, no kernel. In a notebook the same
explorer can be a slider that computes (:meth:`Explorer.widget`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from html import escape
from typing import Any

from .figure import Figure


class Explorer:
    """One picture for each value of one parameter.

    Args:
        draw: computes the picture for a value.
        values: the values to offer, in order; a dozen at most.
        question: what the reader chooses, for instance ``"Message 1 arrives at (ms)"``.
        start: the value shown first; the first one if not given.

    Raises:
        ValueError: if there are no values, or the start is none of them.
    """

    def __init__(
        self, draw: Callable[[Any], Figure], values: Sequence[Any], question: str, start: Any = None
    ) -> None:
        if not values:
            raise ValueError("an Explorer needs at least one value")
        self.draw, self.values, self.question = draw, tuple(values), question
        self.start = self.values[0] if start is None else start
        if self.start not in self.values:
            raise ValueError(f"the Explorer starts at {self.start!r}, which is not one of {self.values}")
        self.frames = [draw(value) for value in self.values]

    def widget(self, values: Sequence[Any] = ()) -> Any:
        """The same as an ipywidgets slider that computes each picture when it is asked for.

        Args:
            values: what the slider offers; for instance many more than there are ready-made pictures.
        """
        import ipywidgets  # noqa: PLC0415 - only notebooks have it

        offered = tuple(values) or self.values
        slider = ipywidgets.SelectionSlider(
            options=offered,
            value=self.start if self.start in offered else offered[0],
            description=self.question,
            style={"description_width": "initial"},
            layout={"width": "auto"},
        )
        picture = ipywidgets.HTML(self.draw(slider.value).html(script=False))

        def draw(change: Any) -> None:
            picture.value = self.draw(change["new"]).html(script=False)

        slider.observe(draw, names="value")
        return ipywidgets.VBox([slider, picture])

    def _repr_html_(self) -> str:
        content = self.question + "".join(frame.id for frame in self.frames)
        name = "ex" + blake2b(content.encode(), digest_size=5).hexdigest()
        rules = "".join(
            f'#{name}:has(input[value="{number}"]:checked) [data-frame="{number}"]{{display:block}}'
            for number in range(len(self.frames))
        )
        choices = "".join(
            f'<label><input type="radio" name="{name}" value="{number}"'
            f"{' checked' if value == self.start else ''}> {escape(str(value))}</label>"
            for number, value in enumerate(self.values)
        )
        frames = "".join(
            f'<div data-frame="{number}">{frame.within(f"{name}-{number}")}</div>'
            for number, frame in enumerate(self.frames)
        )
        style = (  # a browser that cannot choose shows all of them
            f"@supports selector(:has(a)){{#{name} [data-frame]{{display:none}}{rules}}}"
            f"#{name} fieldset{{border:1px solid color-mix(in srgb,currentColor 30%,transparent);"
            "border-radius:6px;padding:.3em .8em;margin:0}"
            f"#{name} label{{display:inline-block;margin:.1em .7em .1em 0;cursor:pointer;white-space:nowrap}}"
            f"#{name} legend{{font-size:.9em;float:none;width:auto;margin:0;padding:0 .4em}}"
        )
        return (
            f'<div class="ds-explorer" id="{name}"><style>{style}</style>'
            f"<fieldset><legend>{escape(self.question)}</legend>{choices}</fieldset>{frames}</div>"
        )

    def __repr__(self) -> str:
        return f"<Explorer: {self.question} {self.values}>"

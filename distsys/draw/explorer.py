"""Explorers: what happens if this value is another one?

An explorer holds one picture for each value of a parameter, or for each combination of values of a few. On
a page the pictures are ready made and groups of radio buttons choose one, by style rules alone: no script,
no kernel. Where the page can run Python, a reader can ask for other values, and the picture is computed. In a
notebook the same explorer can be a slider that computes (:meth:`Explorer.widget`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from html import escape
from itertools import product
from typing import Any, ClassVar

from .figure import Figure
from .parameter import Other, Parameter

Place = tuple[int, ...]  # of a combination: the place of its value among those of each parameter

STYLE = """
#ID fieldset{border:1px solid color-mix(in srgb,currentColor 30%,transparent);border-radius:6px;
padding:.3em .8em;margin:0;min-width:0}
#ID fieldset fieldset{border:0;padding:0}
#ID legend{font-size:.9em;float:none;width:auto;margin:0;padding:0 .4em}
#ID fieldset fieldset legend{float:left;padding:.1em .8em .1em 0}
#ID label{display:inline-block;margin:.1em .7em .1em 0;cursor:pointer;white-space:nowrap}
"""


class Explorer:
    """One picture for each value of one parameter, or of a few.

    Example:
        >>> from distsys.draw.ring import ring
        >>> def points(count):
        ...     return ring([(place / count, f"n{place}") for place in range(count)])
        >>> Explorer(points, values=[2, 4], question="Points", other=range(1, 50))
        <Explorer: Points (2, 4)>

    Several parameters are a dictionary of questions, and so are their starts and their other values::

        Explorer(run, {"Loss (%)": (0, 10), "Seed": (1, 2, 3)}, "A lossy link", start={"Seed": 2})

    ``run`` then takes as many values, in that order, and each combination has a picture: keep them few.

    Args:
        draw: computes the picture for a value; the same picture whenever it is called.
        values: the values to offer, in order; a dozen at most.
        question: what the reader chooses, for instance ``"Message 1 arrives at (ms)"``.
        start: the value shown first; the first one if not given.
        other: what else a reader can ask for, where the page can run Python: a ``range``, or a function that
            makes a value of the text that was typed, and says in a ValueError why it does not. If not given,
            it is any number if all values are numbers, whole ones if all are whole, and nothing otherwise.
            ``range(0)`` offers nothing.

    Raises:
        ValueError: if there are no values, or the start is none of them.
    """

    ready_made: ClassVar[bool] = True
    """Whether all pictures are drawn at once, so that a mistake shows; a live page has them already."""

    def __init__(
        self,
        draw: Callable[..., Figure],
        values: Sequence[Any] | Mapping[str, Sequence[Any]],
        question: str,
        start: Any = None,
        other: Other | Mapping[str, Other] = None,
    ) -> None:
        self.draw, self.question, self.several = draw, question, isinstance(values, Mapping)
        offered = values if isinstance(values, Mapping) else {question: values}
        starts, others = self._by_question(start), self._by_question(other)
        if not offered:
            raise ValueError("an Explorer needs at least one parameter")
        if unknown := {*starts, *others} - {*offered}:
            asked = ", ".join(map(repr, offered))
            raise ValueError(f"the Explorer does not ask {min(unknown)!r}; it asks {asked}")
        self.parameters = [
            Parameter(name, each, starts.get(name), others.get(name)) for name, each in offered.items()
        ]
        if self.ready_made:
            self.frames  # noqa: B018 - an author learns at once of a value that cannot be drawn

    def _by_question(self, said: Any) -> Mapping[str, Any]:
        if not self.several or said is None:
            return {} if said is None else {self.question: said}
        if not isinstance(said, Mapping):
            raise ValueError(f"say which parameter {said!r} is for, as in {{question: {said!r}}}")
        return said

    @cached_property
    def frames(self) -> dict[Place, Figure]:
        """The picture of each combination of values, by their places."""
        places = product(*(range(len(parameter.values)) for parameter in self.parameters))
        return {place: self.draw(*self.read(place)) for place in places}

    def read(self, asked: Sequence[int | str]) -> tuple[Any, ...]:
        """The values that a reader asks for, one for each parameter.

        Args:
            asked: for each the place of a ready-made value, or the text that was typed.

        Raises:
            ValueError: if there is no such value; the sentence says what there is.
        """
        return tuple(each.read(text) for each, text in zip(self.parameters, asked, strict=True))

    def widget(self, values: Sequence[Any] | Mapping[str, Sequence[Any]] = ()) -> Any:
        """The same as ipywidgets sliders that compute each picture when it is asked for.

        Args:
            values: what the sliders offer; for instance many more than there are ready-made pictures.
        """
        import ipywidgets  # noqa: PLC0415 - only notebooks have it

        offered = values if isinstance(values, Mapping) else {self.parameters[0].question: values}
        sliders = []
        for parameter in self.parameters:
            options = tuple(offered.get(parameter.question) or parameter.values)
            slider = ipywidgets.SelectionSlider(
                options=options,
                value=parameter.start if parameter.start in options else options[0],
                description=parameter.question,
                style={"description_width": "initial"},
                layout={"width": "auto"},
            )
            sliders.append(slider)
        picture = ipywidgets.HTML()

        def draw(change: Any = None) -> None:
            picture.value = self.draw(*(slider.value for slider in sliders)).html(script=False)

        for slider in sliders:
            slider.observe(draw, names="value")
        draw()
        return ipywidgets.VBox([*sliders, picture])

    def _repr_html_(self) -> str:
        content = self.question + "".join(frame.id for frame in self.frames.values())
        name = "ex" + blake2b(content.encode(), digest_size=5).hexdigest()
        rules, frames = [], []
        for place, frame in self.frames.items():
            key = "-".join(map(str, place))
            chosen = "".join(
                f':has([name="{name}-{number}"][value="{choice}"]:checked)'
                for number, choice in enumerate(place)
            )
            rules.append(f'#{name}{chosen} [data-frame="{key}"]{{display:block}}')
            frames.append(f'<div data-frame="{key}">{frame.within(f"{name}-{key}")}</div>')
        # A browser that cannot choose shows all of them.
        hiding = f"@supports selector(:has(a)){{#{name} [data-frame]{{display:none}}{''.join(rules)}}}"
        style = hiding + STYLE.replace("#ID", f"#{name}").replace("\n", "")
        choices = "".join(each.html(f"{name}-{number}") for number, each in enumerate(self.parameters))
        if self.several:
            choices = f"<fieldset><legend>{escape(self.question)}</legend>{choices}</fieldset>"
        return f'<div class="ds-explorer" id="{name}"><style>{style}</style>{choices}{"".join(frames)}</div>'

    def __repr__(self) -> str:
        values = [parameter.values for parameter in self.parameters]
        return f"<Explorer: {self.question} {' × '.join(map(str, values))}>"

"""Parameters: which values of an explorer can a reader choose, and which others can be asked for?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Any

Other = range | Callable[[str], Any] | None
"""What else can be asked for: a number of a range, or what a function makes of the text that was typed. If
nothing is said, it is any whole number if all values are whole, any number if all are numbers, and nothing
otherwise. ``range(0)`` offers nothing."""

FORM = (  # a page that can run Python shows it; see book/_frontend/live/explorers.mjs
    '<template><form><label>another: <input {} required autocomplete="off"></label> '
    "<button>Draw</button></form></template>"
)


@dataclass(frozen=True)
class Field:
    """What a reader can type.

    Attributes:
        read: makes a value of the text; a ValueError refuses it.
        wanted: what it has to be, in words; empty if the error says so.
        attributes: of the input element.
    """

    read: Callable[[str], Any]
    wanted: str
    attributes: str

    @classmethod
    def of(cls, other: Other, values: Sequence[Any]) -> Field | None:
        """The field for these other values; None if there are none."""
        kinds = {type(value) for value in values}
        if other is None and kinds <= {int, float}:
            other = int if kinds == {int} else float
        if other is int:
            return cls(int, "a whole number", 'type="number" step="1"')
        if other is float:
            return cls(_finite, "a number", 'type="number" step="any"')
        if not isinstance(other, range):
            return cls(other, "", 'type="text"') if other else None
        if not other:
            return None
        numbers, first, last, step = other, min(other), max(other), abs(other.step)
        return cls(
            lambda text: numbers[numbers.index(int(text))],
            f"a whole number from {first} to {last}" + (f" in steps of {step}" if step > 1 else ""),
            f'type="number" min="{first}" max="{last}" step="{step}"',
        )


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError
    return number


class Parameter:
    """One thing that a reader chooses.

    Args:
        question: what it is, for instance ``"Loss (%)"``.
        values: those that have a ready-made picture, in order.
        start: the value shown first; the first one if not given.
        other: what else can be asked for.

    Raises:
        ValueError: if there are no values, or the start is none of them.
    """

    def __init__(self, question: str, values: Sequence[Any], start: Any = None, other: Other = None) -> None:
        self.question, self.values = question, tuple(values)
        if not self.values:
            raise ValueError(f"an Explorer needs at least one value, and {question!r} has none")
        self.start = self.values[0] if start is None else start
        if self.start not in self.values:
            raise ValueError(f"the Explorer starts at {self.start!r}, which is not one of {self.values}")
        self.field = Field.of(other, self.values)

    def read(self, asked: int | str) -> Any:
        """The value that a reader asks for.

        Args:
            asked: the place of a ready-made value, or the text that was typed.

        Raises:
            ValueError: if there is no such value; the sentence says what there is.
        """
        if isinstance(asked, int) and asked < len(self.values):
            return self.values[asked]
        if isinstance(asked, int) or not self.field:
            raise ValueError(f"{self.question}: choose one of the values.")
        try:
            return self.field.read(asked)
        except ValueError as error:
            why = f"“{asked}” is not {self.field.wanted}." if self.field.wanted else str(error)
            raise ValueError(f"{self.question}: {why}") from None

    def html(self, name: str) -> str:
        """The choices as a group of radio buttons, and a field for other values that waits for Python.

        Args:
            name: of the group.
        """
        choices = "".join(
            f'<label><input type="radio" name="{name}" value="{place}"'
            f"{' checked' if value == self.start else ''}> {escape(str(value))}</label>"
            for place, value in enumerate(self.values)
        )
        field = FORM.format(self.field.attributes) if self.field else ""
        return f"<fieldset><legend>{escape(self.question)}</legend>{choices}{field}</fieldset>"

"""Hospitality: what may the student's code do with an object that a check passed in?

Functions can be called, iterators advanced, and of other objects public attributes can be read. Nothing can
be set. Modules, frames, code and the like never leave the judge: from each of them one could reach the tests.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterator
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import TYPE_CHECKING, Any

from .errors import CannotCross

if TYPE_CHECKING:
    from .link import Link

SECRET = (ModuleType, FrameType, CodeType, TracebackType, CoroutineType, AsyncGeneratorType)
CALLABLE = (FunctionType, MethodType, BuiltinFunctionType, type)
HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class that was written in Python


class Hosted:
    """The judge's objects that the student's code has seen.

    Attributes:
        questions: what can be asked about them, by name.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._raised: tuple[type, str, BaseException] = (BaseException, "", BaseException())
        self.questions: dict[str, Callable[..., Any]] = {
            "attribute": self._attribute,
            "call": self._call,
            "next": self._next,
        }

    def write(self, value: Any) -> Any:
        """The JSON for an object that stays here.

        Raises:
            CannotCross: if the student's code must not see it.
        """
        return {"j": [self.number(value), _sort(value)]}

    def number(self, value: Any) -> int:
        """The number of an object, which it keeps."""
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        return self._numbers[id(value)]

    def object(self, number: Any) -> Any:
        """The object of a number that the student's process named."""
        if type(number) is not int or not 0 <= number < len(self._objects):
            raise LookupError("an object that the check never passed in")
        return self._objects[number]

    def exception(self, error: Exception) -> Any:
        """How the student's code hears of an exception: the nearest builtin class, and the text.

        What an assertion of the check says is not for the student's code.
        """
        kind = next(base for base in type(error).__mro__ if vars(builtins).get(base.__name__) is base)
        said = "" if isinstance(error, AssertionError) else str(error)[:2000]
        self._raised = (kind, said, error)
        return {"x": [kind.__name__, said]}

    def original(self, error: BaseException) -> BaseException:
        """The exception of the check itself, if it is this one that comes back from the student's code."""
        kind, said, original = self._raised
        return original if type(error) is kind and error.args == (said,) else error

    def _attribute(self, number: Any, name: Any) -> Any:
        value = self.object(number)
        if type(name) is not str or name.startswith("_") or _sort(value) != "object":
            raise AttributeError(f"an object that a check passed in shows no {name}")
        return getattr(value, name)

    def _call(self, number: Any, arguments: Any, options: Any) -> Any:
        value = self.object(number)
        if _sort(value) not in ("function", "coroutine"):
            raise TypeError(f"a {type(value).__name__} that a check passed in cannot be called")
        result = value(*arguments, **options)
        return _finished(result) if inspect.iscoroutine(result) else result

    def _next(self, number: Any) -> tuple[bool, Any]:
        value = self.object(number)
        if not isinstance(value, Iterator):
            raise TypeError(f"a {type(value).__name__} that a check passed in is no iterator")
        for item in value:
            return True, item
        return False, None


def _sort(value: Any) -> str:
    if isinstance(value, SECRET):
        raise CannotCross(f"a {type(value).__name__} of the check is nothing for the student's code")
    if inspect.iscoroutinefunction(value):
        return "coroutine"
    if isinstance(value, CALLABLE):
        return "function"
    if isinstance(value, Iterator):
        return "iterator"
    if callable(value):
        return "function"
    if not type(value).__flags__ & HEAP_TYPE or isinstance(value, (list, dict, set, str, int, float, tuple)):
        raise CannotCross(
            f"a {type(value).__name__} cannot be passed to the student's code; pass plain values"
        )
    return "object"


def _finished(coroutine: Any) -> Any:
    """What a coroutine of the judge returns that waits for nothing but its turn."""
    try:
        while coroutine.send(None) is None:
            pass
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise CannotCross(
        "an async function that a check passes in must not wait; it is called by the student's code"
    )

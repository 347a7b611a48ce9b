"""Heirs: what if a class of a check inherits from a class of the student's process?

An instance is two objects, one on each side. The student's methods run there and the check's own run here;
what the check overrides is asked back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .handles import Handle

if TYPE_CHECKING:
    from .hospitality import Hosted


class RemoteClass(Handle):
    """A class of the student's process that is reached through a handle."""

    __slots__ = ("_base",)

    _base: type | None

    @property
    def __name__(self) -> str:
        """The name of the class."""
        return self._name

    def __repr__(self) -> str:
        return f"<the student's class {self._name}>"

    def __instancecheck__(self, value: object) -> bool:
        if isinstance(value, Delegate):
            value = value._far
        if not isinstance(value, Handle):
            return False
        return self._link.ask("isinstance", self._link.own(value), self._number) is True

    def __subclasscheck__(self, cls: object) -> bool:
        if isinstance(cls, Handle):
            return self._link.ask("issubclass", self._link.own(cls), self._number) is True
        return isinstance(cls, type) and issubclass(cls, Delegate) and cls._class is self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (base_of(self),)


class Delegate:
    """The base of a check's own subclasses of a student's class: two objects, one on each side."""

    _class: RemoteClass
    _far: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        link, names = self._class._link, _overridden(type(self))
        judge = link.hosted.number(self)
        head = ["make", self._class._number, judge, names]
        far = link.send(head, arguments, options)
        object.__setattr__(self, "_far", far)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._far, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if "_far" in vars(self):
            setattr(self._far, name, value)
        else:
            object.__setattr__(self, name, value)


def _overridden(cls: type) -> list[str]:
    names: dict[str, None] = {}
    for base in cls.__mro__:
        if "_class" in vars(base):
            break
        for name, member in vars(base).items():
            if callable(member) and (not name.startswith("_") or name == "__call__"):
                names.setdefault(name)
    return list(names)


def base_of(cls: RemoteClass) -> type:
    """The class from which a check's subclass of a student's class inherits."""
    made: dict[str, Any] = {"_class": cls}
    for name in cls._link.mirrors.methods(cls._number):
        made[name] = _inherited(cls, name)
    return type(cls._name, (Delegate,), made)


def override(hosted: Hosted, judge: Any, name: Any, itself: Any, arguments: Any, options: Any) -> Any:
    """Run a method of a check's subclass, which the student's code has called."""
    here = hosted.object(judge)
    if not isinstance(here, Delegate) or name not in _overridden(type(here)):
        raise LookupError("a method that the check does not have")
    if "_far" not in vars(here):
        object.__setattr__(here, "_far", itself)
    return getattr(type(here), name)(here, *arguments, **options)


def _inherited(cls: RemoteClass, name: str) -> Any:
    def method(self: Delegate, *arguments: Any, **options: Any) -> Any:
        return cls._link.send(["super", cls._number, name], [self, *arguments], options)

    method.__name__ = name
    return method

"""Tables: how do arrays, series and data frames cross?

Only if NumPy or pandas has been loaded. An array crosses as raw bytes, never as objects; a column of texts
crosses as a list of values.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

from .errors import CannotCross, Malformed

if TYPE_CHECKING:
    from .reading import Reader
    from .wire import Writer

TAGS = ("np", "na", "se", "df", "ri", "ix")
RAW_KINDS = "biufcSUmM"
NUMBERS = "biufcmM"
_DTYPE = re.compile(r"[<>|][biufcSUmM]\d{1,9}(\[\d{0,9}\w{1,2}\])?")


def knows(kind: type) -> bool:
    """Whether a type belongs to NumPy or pandas and crosses as a value."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy and (kind is numpy.ndarray or (issubclass(kind, numpy.generic) and kind.__module__ == "numpy")):
        return True
    return bool(pandas) and kind in (getattr(pandas, "Series", None), getattr(pandas, "DataFrame", None))


def write(value: Any, writer: Writer) -> Any:
    """The JSON for an array, a number of NumPy, a series or a data frame."""
    kind = type(value).__name__
    if kind in _WRITERS:
        return writer.once(value, lambda: _WRITERS[kind](value, writer))
    if value.dtype.kind not in RAW_KINDS or value.dtype.names:
        raise CannotCross(f"an array of {value.dtype} cannot cross; make it a list")
    if kind == "ndarray":
        return writer.once(value, lambda: {"na": _write_array(value, writer)})
    return {"np": [value.dtype.str, writer.keep(value.tobytes())]}


def is_table(value: Any) -> bool:
    """Whether it is a series or a data frame."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.Series, pandas.DataFrame))


def replace(table: Any, new: Any) -> None:
    """Let a series or data frame hold what another one holds.

    Raises:
        TypeError: if they are of different kinds.
    """
    if type(table) is not type(new):
        raise TypeError(f"a {type(new).__name__} for a {type(table).__name__}")
    table._update_inplace(new)
    if type(new).__name__ == "Series":
        table.name = new.name


def read(tag: str, inside: Any, reader: Reader) -> Any:
    """The table, series, array or number that this JSON stands for."""
    return _READERS[tag](inside, reader)


def _write_series(value: Any, writer: Writer) -> Any:
    return {"se": [_write_index(value.index, writer), _write_column(value, writer), writer(value.name)]}


def _write_frame(value: Any, writer: Writer) -> Any:
    columns = [_write_column(value.iloc[:, place], writer) for place in range(value.shape[1])]
    return {"df": [_write_index(value.index, writer), _write_index(value.columns, writer), columns]}


_WRITERS = {"Series": _write_series, "DataFrame": _write_frame}


def _write_array(value: Any, writer: Writer) -> list[Any]:
    return [value.dtype.str, list(value.shape), writer.keep(value.tobytes())]


def _write_index(index: Any, writer: Writer) -> Any:
    kind = type(index).__name__
    if kind == "RangeIndex":
        return {"ri": [index.start, index.stop, index.step, writer(index.name)]}
    if kind == "MultiIndex" or str(index.dtype) == "category":
        raise CannotCross(f"an index of the kind {kind} cannot cross; use reset_index()")
    return {"ix": [_write_column(index, writer), writer(index.name)]}


def _write_column(column: Any, writer: Writer) -> Any:
    if column.dtype.kind in NUMBERS and not hasattr(column.dtype, "pyarrow_dtype"):
        values = column.to_numpy()
        if values.dtype == column.dtype:
            return [values.dtype.str, {"na": _write_array(values, writer)}]
    if str(column.dtype) not in ("object", "str", "string"):
        raise CannotCross(f"a column of {column.dtype} cannot cross; convert it to numbers or texts")
    return [str(column.dtype), writer.parts(column, len(column))]


def _dtype(name: Any) -> Any:
    numpy = importlib.import_module("numpy")
    dtype = numpy.dtype(name) if type(name) is str and _DTYPE.fullmatch(name) else None
    if dtype is None or dtype.kind not in RAW_KINDS or dtype.names or dtype.subdtype or not dtype.itemsize:
        raise Malformed("an array of something that is no number")
    return dtype


def _read_number(inside: Any, reader: Reader) -> Any:
    name, place = inside
    array = _read_array([name, [1], place], reader)
    return array[0]


def _read_array(inside: Any, reader: Reader) -> Any:
    numpy = importlib.import_module("numpy")
    name, shape, place = inside
    if not all(type(side) is int and side >= 0 for side in shape) or len(shape) > 32:
        raise Malformed("an array of an impossible shape")
    dtype, data = numpy.dtype(name) if name in ("<U0", "|S0") else _dtype(name), reader.bytes(place)
    if dtype.itemsize * prod(shape) != len(data):
        raise Malformed("an array whose bytes do not fill its shape")
    reader.count += len(data) // 64
    if not dtype.itemsize:
        if prod(shape) > 1000:
            raise Malformed("an array of nothing that is too large")
        return numpy.empty(shape, dtype)
    return numpy.frombuffer(data, dtype).reshape(shape).copy()


def _numbered(read: Callable[[Any, Reader], Any]) -> Callable[[Any, Reader], Any]:
    """Read something that can change, which is numbered before its parts are read."""

    def numbered(inside: Any, reader: Reader) -> Any:
        place, before = len(reader.numbered), reader.number(None)
        reader.numbered[place] = made = read(inside, reader)
        reader.done(place, before)
        return made

    return numbered


def _read_column(inside: Any, reader: Reader) -> Any:
    pandas = importlib.import_module("pandas")
    name, values = inside
    if name in ("object", "str", "string"):
        return pandas.Series(reader.parts(values), dtype=name)
    return pandas.Series(_read_array(values["na"], reader), dtype=_dtype(name))


def _read_index(inside: Any, reader: Reader) -> Any:
    pandas = importlib.import_module("pandas")
    column, name = inside
    return pandas.Index(_read_column(column, reader).array, name=reader(name))


def _read_range(inside: Any, reader: Reader) -> Any:
    pandas = importlib.import_module("pandas")
    return pandas.RangeIndex(reader.span(inside[:3]), name=reader(inside[3]))


def _read_series(inside: Any, reader: Reader) -> Any:
    pandas = importlib.import_module("pandas")
    index, column, name = inside
    return pandas.Series(_read_column(column, reader).array, index=reader(index), name=reader(name))


def _read_frame(inside: Any, reader: Reader) -> Any:
    pandas = importlib.import_module("pandas")
    index, names, columns = inside
    arrays = {place: _read_column(column, reader).array for place, column in enumerate(columns)}
    frame = pandas.DataFrame(arrays, index=reader(index))
    frame.columns = reader(names)
    return frame


_READERS = {
    "np": _read_number,
    "na": _numbered(_read_array),
    "se": _numbered(_read_series),
    "df": _numbered(_read_frame),
    "ri": _read_range,
    "ix": _read_index,
}

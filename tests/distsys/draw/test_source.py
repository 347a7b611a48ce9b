"""Sources: the current code of a mini-implementation."""

import inspect

import pytest

from distsys.coordination.time_and_clocks import LamportClock, VectorStamp, cristian
from distsys.draw.source import source


def test_a_class_is_shown_as_it_is_written():
    assert repr(source(LamportClock)) == inspect.getsource(LamportClock).rstrip()


def test_a_method_is_shown_without_its_indentation():
    text = repr(source(LamportClock.receive))

    assert text.startswith("def receive(self")
    assert "\n    return self.local()" in text


def test_several_pieces_are_shown_in_the_order_given():
    text = repr(source(cristian, VectorStamp.tick))

    assert text == f"{source(cristian)!r}\n\n{source(VectorStamp.tick)!r}"


def test_a_source_shows_itself_as_highlighted_python():
    shown = source(cristian)._repr_markdown_()

    assert shown == f"```python\n{source(cristian)!r}\n```"


@pytest.mark.parametrize("thing", [LamportClock("a"), "LamportClock", 7])
def test_something_without_source_is_refused(thing):
    with pytest.raises(TypeError, match=r"source\(\) shows classes, functions and methods, not "):
        source(thing)

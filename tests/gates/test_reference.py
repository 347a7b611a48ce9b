"""The reference documents every public name of the laboratory once, with an example for each module."""

import pytest

from .imports import PARTS
from .reference import (
    modules_missing_from_the_index,
    modules_that_readers_miss,
    modules_without_example,
    public_names,
    stale_exceptions,
    wrongly_documented,
)
from .tree import fail_on, write

SOURCE = '''"""Boxes: where do things go?"""

LIMIT = 3
"""How many."""

INTERNAL = 4


class Box: ...


def pack(): ...


def _hidden(): ...
'''
CELL = (
    '<div class="cell "><div class="cell_input"><b>from</b> distsys.box <b>import</b> Box</div>'
    '<div class="cell_output"><figure class="ds-figure"></figure></div></div>'
)
PAGE = CELL + (
    '<p id="module-distsys.box"></p><dt class="sig py" id="distsys.box.Box"></dt>'
    '<dt class="sig py" id="distsys.box.pack"></dt><dt class="sig py" id="distsys.box.LIMIT"></dt>'
)
BOXES, INDEX, MORE = (f"html/reference/{name}.html" for name in ("boxes", "index", "more"))
GOOD = {
    "distsys/box.py": SOURCE,
    BOXES: PAGE,
    INDEX: '<article><a href="boxes.html#module-distsys.box">Boxes</a></article>',
}
GATES = (wrongly_documented, modules_without_example, modules_missing_from_the_index)


@pytest.fixture(scope="module")
def site(product):
    return product("_build/html/reference/index.html", "book").parent.parent


def test_every_public_name_is_documented_once(root, site):
    fail_on(wrongly_documented(root, site))


def test_every_module_has_an_example_with_a_picture(root, site):
    fail_on(modules_without_example(root, site))


def test_the_first_page_leads_to_every_module(root, site):
    fail_on(modules_missing_from_the_index(root, site))


def test_every_module_that_a_page_or_an_exercise_imports_is_in_the_reference(root):
    fail_on(modules_that_readers_miss(root))


def test_what_is_excepted_is_there(root):
    fail_on(stale_exceptions(root))


def test_the_gate_rejects_an_exception_for_what_is_not_there(tmp_path):
    write(tmp_path, {"distsys/node.py": "def is_round(): ...\n"})

    problems = stale_exceptions(tmp_path)

    assert "distsys.node.is_flat is excepted from the reference, but is not there." in problems
    assert "distsys.realtime is excepted from the reference, but there is no such module." in problems


def test_the_laboratory_has_modules(root):
    modules = public_names(root)

    assert {"distsys.node", "distsys.faults", "distsys.check.causality"} <= modules.keys()
    assert not [module for module in modules if module.split(".")[1] in PARTS]


def test_public_is_what_has_no_underscore_or_what_the_module_lists(tmp_path):
    write(
        tmp_path,
        {
            "distsys/box.py": SOURCE,
            "distsys/list.py": '__all__ = ["only"]\n\ndef only(): ...\n\ndef other(): ...\n',
            "distsys/pack/__init__.py": 'from .deep import Deep\n\n__all__ = ["Deep"]\n',
            "distsys/pack/deep.py": "class Deep: ...\n\nclass Deeper: ...\n",
            "distsys/draw/__init__.py": '__all__ = ["draw", "ring"]\n',
            "distsys/draw/ring.py": "def ring(): ...\n",
            "distsys/draw/marks.py": "def mark(): ...\n",
            "distsys/coordination/chapter.py": "class Chapter: ...\n",
        },
    )

    assert public_names(tmp_path) == {
        "distsys.box": ["LIMIT", "Box", "pack"],
        "distsys.draw": ["draw"],
        "distsys.draw.ring": ["ring"],
        "distsys.list": ["only"],
        "distsys.pack": ["Deep"],
    }


def test_the_gate_rejects_an_import_of_what_the_reference_leaves_out(tmp_path):
    cell = "```{code-cell} python\nfrom distsys.draw.marks import mark\nfrom distsys.box import Box\n```\n"
    write(tmp_path, GOOD | {"distsys/draw/marks.py": "def mark(): ...\n", "book/page.md": cell})

    assert modules_that_readers_miss(tmp_path) == [
        "book/page.md imports distsys.draw.marks, which is not in the reference; list it in APART."
    ]


def test_the_gates_accept_a_good_reference(tmp_path):
    write(tmp_path, GOOD)

    assert not [problem for gate in GATES for problem in gate(tmp_path, tmp_path / "html")]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"distsys/box.py": SOURCE + "class Lid: ...\n"}, "distsys.box.Lid is on no page of the reference"),
        ({MORE: PAGE}, "distsys.box.Box is documented 2 times in the reference: boxes.html, more.html"),
        ({"distsys/lid.py": "class Lid: ...\n"}, "distsys.lid has no page in the reference"),
        ({BOXES: PAGE.replace(CELL, "")}, "no cell imports from distsys.box"),
        ({BOXES: PAGE.replace("distsys.box <", "distsys.boxes <")}, "no cell imports from distsys.box"),
        ({BOXES: PAGE.replace("cell_output", "quiet")}, "the example of distsys.box shows nothing"),
        ({BOXES: PAGE.replace("ds-figure", "plain")}, "boxes.html: no example has a picture"),
        ({MORE: ""}, "reference/index does not link to more.html"),
        (
            {INDEX: '<article><a href="boxes.html">Boxes</a></article>'},
            "reference/index does not link to boxes.html#module-distsys.box",
        ),
    ],
)
def test_the_gates_reject(tmp_path, changed, sentence):
    write(tmp_path, GOOD | changed)

    problems = [problem for gate in GATES for problem in gate(tmp_path, tmp_path / "html")]

    assert any(sentence in problem for problem in problems), problems

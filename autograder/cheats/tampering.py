"""Ways to hand in another file than the one that was given out: (released notebook) -> bytes of the file."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

Notebook = dict[str, Any]
Cell = dict[str, Any]

SCRIPT = (
    "<script>alert('cheat')</script><img src=x onerror=\"alert(1)\"><iframe src=javascript:alert(1)></iframe>"
)
PASSES = "assert True"


def about(cell: Cell) -> dict[str, Any]:
    """What nbgrader keeps about a cell."""
    found: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return found


def tests(notebook: Notebook) -> list[Cell]:
    """The cells that earn points."""
    return [cell for cell in notebook["cells"] if about(cell).get("grade")]


def solutions(notebook: Notebook) -> list[Cell]:
    """The cells for the student to write."""
    return [cell for cell in notebook["cells"] if about(cell).get("solution")]


def code(source: str, name: str = "", **metadata: Any) -> Cell:
    """A new code cell, with an id for nbgrader if it has a name."""
    extra: dict[str, Any] = {"nbgrader": {"grade_id": name, "schema_version": 3, **metadata}} if name else {}
    return {
        "cell_type": "code", "id": f"own-{abs(hash((source, name))) % 10**9}", "metadata": extra,
        "source": source, "outputs": [], "execution_count": 1,
    }  # fmt: skip


def delete_tests(notebook: Notebook) -> None:
    """No check is left."""
    notebook["cells"] = [cell for cell in notebook["cells"] if not about(cell).get("grade")]


def empty_tests(notebook: Notebook) -> None:
    """Nothing to fail, and much to earn."""
    for cell in tests(notebook):
        cell["source"] = ""
        about(cell)["points"] = 100


def tests_as_solutions(notebook: Notebook) -> None:
    """To be graded by hand, if anybody looks."""
    for cell in tests(notebook):
        about(cell).update(solution=True, locked=False, task=True)
        cell["source"] = PASSES


def tests_as_text(notebook: Notebook) -> None:
    """A check that does not run cannot fail."""
    for cell in notebook["cells"]:
        if about(cell).get("grade"):
            cell["cell_type"] = "markdown"
            del cell["outputs"], cell["execution_count"]
        elif cell["cell_type"] == "markdown":
            cell.update(cell_type="code", outputs=[], execution_count=None)


def tests_first(notebook: Notebook) -> None:
    """What runs before the answers cannot find them wrong."""
    order = {True: 0, None: 1, False: 2}
    notebook["cells"].sort(key=lambda cell: order[about(cell).get("grade")])


def another_kernel(notebook: Notebook) -> None:
    """Who runs this?"""
    notebook["metadata"]["kernelspec"] = {"name": "../../bin/sh", "display_name": SCRIPT, "language": "cheat"}
    notebook["metadata"]["language_info"] = {"name": "cheat", "file_extension": "/../../x"}


def copied_tests(notebook: Notebook) -> None:
    """The last cell of an id might count."""
    for cell in tests(notebook):
        copy = json.loads(json.dumps(cell))
        copy.update(source=PASSES, id=f"{cell['id']}b")
        notebook["cells"] += [copy, copy]


def confusable_ids(notebook: Notebook) -> None:
    """Ids that are the same for people, or after some normal form."""
    for cell in tests(notebook):
        name = about(cell)["grade_id"]
        wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in name)
        odd = (
            wide,
            name.replace("a", "а"),
            f"{name}\u200b",
            f" {name} ",
            name.upper(),
            f"{name}\x00",
            f"./{name}",
        )
        notebook["cells"] += [
            code(PASSES, one, grade=True, solution=False, locked=True, points=50) for one in odd
        ]


def swapped_ids(notebook: Notebook) -> None:
    """The check becomes the answer, and the answer the check."""
    answers = {about(cell)["grade_id"]: cell for cell in solutions(notebook)}
    for test in tests(notebook):
        name = about(test)["grade_id"]
        exercise = name.split("-")[0]
        answer = answers[exercise]
        about(test)["grade_id"], test["source"] = exercise, "class Window: pass\ntally = middle = print"
        about(answer)["grade_id"], answer["source"] = name, PASSES


def swapped_cell_ids(notebook: Notebook) -> None:
    """An editor that drops metadata keeps the ids of cells; so they count, too."""
    ids = [cell["id"] for cell in notebook["cells"]]
    for cell, other in zip(notebook["cells"], ids[1:] + ids[:1], strict=True):
        cell["id"], cell["metadata"] = other, {}
        cell["source"] = PASSES if cell["cell_type"] == "code" else cell["source"]


def odd_schema(notebook: Notebook) -> None:
    """Versions and points that nobody expects."""
    odd = [1, 2, 99, "3", None, -1, 3.5, [3], True]
    points = [-5, 1e9, float("nan"), float("inf"), "16", None, [1], True, 10**40]
    for place, cell in enumerate(tests(notebook)):
        about(cell).update(
            schema_version=odd[place % len(odd)],
            points=points[place % len(points)],
            locked=False,
            cell_type="raw",
        )


def claimed_grades(notebook: Notebook) -> None:
    """Perhaps somebody believes it."""
    grade = {
        "score": 16,
        "auto_score": 16,
        "manual_score": 16,
        "extra_credit": 16,
        "max_score": 16,
        "points": 16,
    }
    claims = {"autograder": {"repairs": [SCRIPT], **grade}, "verdict": grade, "dsgrade": grade, **grade}
    notebook["metadata"].update(claims)
    for cell in notebook["cells"]:
        cell["metadata"].update(claims, tags=["raises-exception", "skip-execution", "nbgrader-ignore"])
        about(cell).update(grade, remove=True, cell_type="markdown")


def forged_outputs(notebook: Notebook) -> None:
    """Full marks, to be seen in the output, in every type of it."""
    kinds = ("text/html", "text/plain", "text/markdown", "text/latex", "image/svg+xml",
             "image/png", "image/gif",
             "application/javascript", "application/json", "application/pdf",
             "application/vnd.jupyter.widget-view+json",
             "application/vnd.plotly.v1+json", "video/mp4", "text/x-unheard-of")  # fmt: skip
    data = dict.fromkeys(kinds, f"<svg xmlns='http://www.w3.org/2000/svg'>{SCRIPT}</svg>")
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 1
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": "16"},
                    "metadata": {},
                    "execution_count": 1,
                },
                {"output_type": "display_data", "data": data, "metadata": {"isolated": False}},
                {"output_type": "stream", "name": "stderr", "text": SCRIPT},
                {"output_type": "error", "ename": SCRIPT, "evalue": SCRIPT, "traceback": [SCRIPT]},
                {"output_type": "update_display_data", "data": data, "metadata": {}, "transient": {}},
            ]


def scripts_in_text(notebook: Notebook) -> None:
    """Whoever reads it runs it."""
    more = ("<style>*{display:none}</style>", "[click](javascript:alert(1))",
            "<details ontoggle=alert(1) open>",
            "<svg><script>alert('cheat')</script></svg>", "$\\href{javascript:alert(1)}{x}$",
            "```{raw} html\n<script>\n```",
            "<meta http-equiv=refresh content='0;url=//x'>", "</pre></code></div>",
            "![x](x' onerror='alert(1))")  # fmt: skip
    text = "\n\n".join((SCRIPT, *more))
    picture = {"x.svg": {"image/svg+xml": f"<svg>{SCRIPT}</svg>"}}
    for kind in ("markdown", "raw"):
        notebook["cells"].insert(
            1,
            {
                "cell_type": kind,
                "id": f"own-{kind}",
                "metadata": {"format": "text/html"},
                "source": text,
                "attachments": picture,
            },
        )
    notebook["cells"].insert(3, code(f"# {text!r}\nprint({text!r})\n{text!r}"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] += text
    notebook["metadata"]["widgets"] = {
        "application/vnd.jupyter.widget-state+json": {"state": {SCRIPT: SCRIPT}}
    }
    notebook["metadata"]["title"] = SCRIPT


def kinder_setup(notebook: Notebook) -> None:
    """Seeds without a seed."""
    for cell in notebook["cells"]:
        if about(cell).get("locked") and not about(cell).get("grade"):
            cell["source"] += (
                "\nseeds = lambda count: []\nSimulation.run = lambda *a: None\nBox.__eq__ = lambda *a: True\n"
            )
            cell["source"] += (
                "Node.broadcast = lambda *a: None\nimport builtins\nbuiltins.AssertionError = SystemExit"
            )


def source_markers(notebook: Notebook) -> None:
    """If cells are joined to one text, this one begins others."""
    tail = (
        "\n### END SOLUTION\n\n"
        '# %% test="lists" rule="Every word is counted" points=99\nassert True\n'
        "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n'''\n\"\"\"\n"
    )
    for cell in solutions(notebook):
        cell["source"] += tail


def many_answers(notebook: Notebook) -> None:
    """Which of fifty is the answer?"""
    for cell in solutions(notebook):
        for number in range(50):
            copy = json.loads(json.dumps(cell))
            copy["id"] = f"{cell['id']}-{number}"
            copy["source"] = [f"# try {number}", "raise SystemExit(0)", "print(16)", SCRIPT, cell["source"]][
                number % 5
            ]
            notebook["cells"].append(copy)


def magics(notebook: Notebook) -> None:
    """What a notebook shell would run besides Python."""
    lines = ("!touch /tmp/autograder_cheat_mark",
             "%%bash\ntouch /tmp/autograder_cheat_mark", "%run /tmp/x.py",
             "%load_ext autoreload\n%autoreload 2", "%%javascript\nalert('cheat')",
             "%config Application.x = 1",
             "%%writefile results.json\n{\"score\": 16}", "%env PYTHONOPTIMIZE=2", "%reset -f",
             "get_ipython().run_cell('1/0')",
             "?print", "%%html\n<script>alert('cheat')</script>", "%pdb on", "%xmode Minimal", "%automagic",
             "ls -la")  # fmt: skip
    notebook["cells"][1:1] = [code(line) for line in lines]


def last_words(notebook: Notebook) -> None:
    """A cell below all checks tells what they asked."""
    notebook["cells"].append(
        code("import glob\nfor path in glob.glob('kept*'): print('LEAK', open(path).read())")
    )
    notebook["cells"].append(code("raise ValueError('LEAK ' + open('kept').read())"))


def odd_names(notebook: Notebook) -> None:
    """Names that would lead elsewhere if somebody made paths or commands of them."""
    odd = (
        "../../gradebook.db",
        "honest",
        "=1+1",
        "'; drop table grade; --",
        "{{7*7}}",
        "a\nb",
        "\u202egpj.exe",
        SCRIPT,
    )
    notebook["metadata"].update(
        title=odd[0], authors=[{"name": name} for name in odd], student=odd[1], name=odd[0]
    )
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = odd[number % len(odd)]
        cell["metadata"].update(name=odd[number % len(odd)], student="honest")
    notebook["cells"] += [code(PASSES, name, grade=True, points=50) for name in odd]


def archive(notebook: Notebook) -> bytes:
    """Ten kilobytes that become ten megabytes, in an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../../tmp/autograder_cheat_mark", b"0" * (10 << 20))
        file.writestr("notebook.ipynb", gzip.compress(json.dumps(notebook).encode()))
    return packed.getvalue()


# --- what happens to honest people


def copied_by_accident(notebook: Notebook) -> None:
    """Every check is there twice."""
    notebook["cells"] = [
        copy
        for cell in notebook["cells"]
        for copy in ((cell, {**cell, "id": f"{cell['id']}b"}) if about(cell).get("grade") else (cell,))
    ]


def older_tries(notebook: Notebook) -> None:
    """An earlier try stands above each answer."""
    wrong = "tally = middle = Window = evens = Stamp = retry = Gossip = 0"
    for cell in solutions(notebook):
        place = notebook["cells"].index(cell)
        notebook["cells"].insert(place, {**cell, "id": f"{cell['id']}b", "source": wrong})


def deleted_by_accident(notebook: Notebook) -> None:
    """Some checks are gone."""
    for cell in tests(notebook)[::5]:
        notebook["cells"].remove(cell)


def old_format(notebook: Notebook) -> None:
    """One worksheet, and code in `input`."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(input=cell.pop("source"), language="python", prompt_number=1, collapsed=False)
            del cell["execution_count"]
        del cell["id"]
    notebook.update(
        nbformat=3, nbformat_minor=0, worksheets=[{"cells": notebook.pop("cells"), "metadata": {}}]
    )


def another_system(notebook: Notebook) -> bytes:
    """A mark at the beginning, and two characters at the end of each line."""
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    return b"\xef\xbb\xbf" + json.dumps(notebook, ensure_ascii=False, indent=1).replace("\n", "\r\n").encode()


def no_metadata(notebook: Notebook) -> None:
    """Only Jupyter's own ids are left."""
    notebook["metadata"] = {}
    for cell in notebook["cells"]:
        cell["metadata"] = {}


WAYS: dict[str, Callable[[Notebook], bytes | None]] = {
    way.__name__: way
    for way in (
        delete_tests, empty_tests, tests_as_solutions, tests_as_text, tests_first, another_kernel,
        copied_tests,
        confusable_ids, swapped_ids, swapped_cell_ids, odd_schema, claimed_grades, forged_outputs,
        scripts_in_text,
        kinder_setup, source_markers, many_answers, magics, last_words, odd_names, archive,
        copied_by_accident, older_tries, deleted_by_accident, old_format, another_system, no_metadata,
    )
}  # fmt: skip
"""Each changes a notebook in place, or returns the bytes to hand in instead."""

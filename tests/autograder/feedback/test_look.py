"""The pages look right in a real browser: light, dark, 390 pixels wide, and to those who do not see."""

import pytest

from autograder.engine.verdict import Verdict
from autograder.feedback import page
from autograder.records.late import Late
from tests.autograder.feedback.workbench import clocks, mixed, verdict, written
from tests.site import browser

WIDE = "<main><h1>x</h1><pre style='width:1000px'>x</pre><p style='color:#999'>pale</p></main>"


def without_policy(html: str) -> str:
    """The browser refuses scripts on our pages; the one that looks for violations has to run."""
    bare = html.replace('http-equiv="Content-Security-Policy"', 'name="none"')
    assert bare != html
    return bare


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    chapter, site = clocks(), tmp_path_factory.mktemp("site")
    refused = "The file is not a notebook (line 1 is not JSON); ask for it again."
    pages = {
        "mixed": page(
            mixed(), chapter, late=Late(2, 1, 10), comments={"": "Well done.", "ntp": "Mind the sign."}
        ),
        "solved": page(verdict(chapter, cells=written(chapter)), chapter),
        "refused": page(Verdict("ada", chapter.slug, "", refused=refused), chapter),
        "failed": page(Verdict("ada", chapter.slug, "", failed="the sandbox did not start"), chapter),
    }
    for name, html in pages.items():
        (site / f"{name}.html").write_text(without_policy(html), encoding="utf-8")
    ugly = without_policy(pages["failed"]).replace("</main>", f"</main>{WIDE}")
    (site / "ugly.html").write_text(ugly, encoding="utf-8")
    return browser.look(site)


def test_nothing_is_wrong_with_the_pages(findings: list[str]) -> None:
    assert [line for line in findings if not line.startswith("ugly.html")] == []


@pytest.mark.parametrize("what", ["(390 px): horizontal overflow", "(light): accessibility: color-contrast"])
def test_the_look_sees_what_is_wrong(findings: list[str], what: str) -> None:
    assert any(line.startswith(f"ugly.html {what}") for line in findings)

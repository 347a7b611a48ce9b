"""Every page of the built site works in Chromium; and each fault that the gate looks for is seen."""

from pathlib import Path

import pytest

from . import browser

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGE = """<!doctype html>
<html lang="en"><head><title>A page</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>A page</h1>{}</main></body></html>
"""
FAULTS = {
    "image.html": '<img src="https://example.com/a.png" alt="From another site">',
    "missing.html": '<script src="missing.js"></script>',
    "error.html": "<script>console.error('broken')</script>",
    "exception.html": "<script>throw new Error('broken')</script>",
    "alt.html": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">',
    "wide.html": '<div style="width:600px">wide</div>',
    "small.html": '<style>a{display:block;height:9px}</style><a href="#">a</a><a href="#">b</a>',
    "closed.html": '<details><summary>open</summary><p style="color:#ccc;background:#fff">pale</p></details>',
}


def test_every_page_of_the_site_is_sound():
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)

    findings = browser.look(SITE)

    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """What the gate says of one sound page and of one page for each fault."""
    site = tmp_path_factory.mktemp("site")
    for name, body in {"sound.html": "<p>Nothing is wrong.</p>", **FAULTS}.items():
        (site / name).write_text(PAGE.format(body), "utf-8")
    return browser.look(site)


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("image.html", "(light): external request: https://example.com/a.png"),
        ("image.html", "(dark): failed request: https://example.com/a.png"),
        ("missing.html", "(light): failed request: "),
        ("error.html", "(light): console error: broken"),
        ("exception.html", "(light): console error: Error: broken"),
        ("alt.html", "(light): accessibility: image-alt"),
        ("wide.html", "(390 px): horizontal overflow: <div"),
        ("small.html", "(390 px): accessibility: target-size"),
        ("closed.html", "(dark): accessibility: color-contrast"),
    ],
)
def test_the_gate_sees(findings, page, fault):
    assert any(finding.startswith(f"{page} {fault}") for finding in findings), findings


def test_the_gate_says_nothing_of_a_sound_page(findings):
    assert not [finding for finding in findings if finding.startswith("sound.html")]


def test_a_page_that_fits_is_not_called_wide(findings):
    assert not [finding for finding in findings if finding.startswith("wide.html (light)")]


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
@pytest.mark.parametrize(
    ("find", "package"), [(browser.chromium, "chromium"), (browser.firefox, "firefox-esr")]
)
def test_without_a_browser_its_gates_are_skipped_but_fail_in_ci(monkeypatch, find, package, ci, outcome):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("FIREFOX", raising=False)
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match=f"install the system package {package}"):
        find()

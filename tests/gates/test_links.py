"""No link inside the site is broken."""

import pytest

from .links import broken_links
from .tree import fail_on, write


def test_every_link_and_anchor_of_the_site_resolves(product):
    fail_on(broken_links(product("_build/html/index.html", "book").parent))


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ('<a href="gone.html">', "index.html:1: gone.html leads to no file."),
        ('<a href="other.html#gone">', "index.html:1: other.html#gone names no element of other.html."),
        ('<a href="#gone">', "index.html:1: #gone names no element of index.html."),
        ('<img src="gone.png">', "index.html:1: gone.png leads to no file."),
        ('<script src="/gone.js">', "index.html:1: /gone.js leads to no file."),
        ('<a href="../secret.txt">', "index.html:1: ../secret.txt leads out of the site."),
    ],
)
def test_gate_rejects(tmp_path, link, sentence):
    site = write(tmp_path, {"html/index.html": link, "html/other.html": "", "secret.txt": ""}) / "html"

    assert broken_links(site) == [sentence]


@pytest.mark.parametrize(
    "link",
    [
        '<a href="other.html#there">',
        '<a href="#">',
        '<a href="sub/">',
        '<a href="sub/page.html?highlight=a#x%20y">',
        '<a href="https://example.org/gone">',
        '<img src="data:image/png;base64,AA">',
    ],
)
def test_gate_accepts(tmp_path, link):
    pages = {"sub/index.html": "", "sub/page.html": '<p id="x y">', "other.html": '<p id="there">'}
    site = write(tmp_path, {"index.html": link, **pages})

    assert not broken_links(site)

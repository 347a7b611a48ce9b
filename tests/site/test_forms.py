"""The files for Codespaces, Binder, Colab and GitHub name what is there; nothing vendored is committed."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from autograder.bundle import wheel_of
from autograder.course import Course

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.search(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)[1].split())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PYTHON = PROJECT["requires-python"].lstrip(">=")
VENDORED = re.compile(r"(^|/)(node_modules|vendor)/|\.(wasm|whl|woff2?|ttf|otf|map)$|\.min\.\w+$")


def unknown(commands):
    """What the commands of a file ask of the repository, and it does not have."""
    for command in commands:
        program, *targets = command.split()
        if program not in {"make", ".ci/run"}:
            continue
        if program == ".ci/run" and not os.access(ROOT / program, os.X_OK):
            yield f"{program} cannot be run"
        yield from (f"{target} is no target of the Makefile" for target in targets if target not in TARGETS)


def loose(actions):
    """Actions that are neither held to a major version nor to a commit."""
    return [action for action in actions if not re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|[0-9a-f]{40})", action)]


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load((ROOT / ".github/workflows/course.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.fixture(scope="module")
def container():
    return json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))


# --- GitHub


def test_the_workflow_runs_what_is_there(steps):
    commands = [step["run"] for step in steps if "run" in step]

    assert ".ci/run" in commands
    assert list(unknown(commands)) == []


@pytest.mark.parametrize(
    ("command", "complaint"),
    [("make everything", "everything is no target of the Makefile"), (".ci/run book gone", "gone is no")],
)
def test_a_command_that_asks_for_too_much_is_seen(command, complaint):
    assert complaint in "".join(unknown([command]))


def test_the_actions_are_held_to_a_version(steps):
    assert loose([step["uses"] for step in steps if "uses" in step]) == []


@pytest.mark.parametrize("action", ["actions/checkout", "actions/checkout@main", "actions/checkout@v4.1"])
def test_an_action_that_can_change_is_seen(action):
    assert loose([action]) == [action]


def test_the_workflow_keeps_and_publishes_what_make_makes(steps):
    paths = [path for step in steps for path in step.get("with", {}).get("path", "").split()]
    inside = [path for path in paths if not path.startswith("~")]

    assert "_build/html" in inside
    assert [path for path in inside if path not in MAKEFILE] == []


def test_only_the_tested_main_branch_is_published(workflow):
    test, deploy = workflow["jobs"]["test"], workflow["jobs"]["deploy"]

    assert deploy["needs"] == "test"
    assert "permissions" not in test
    assert workflow["permissions"] == {"contents": "read"}
    upload = next(step for step in test["steps"] if "upload-pages" in step.get("uses", ""))
    assert deploy["if"] == upload["if"]
    assert deploy["if"] == "github.event_name != 'pull_request' && github.ref == 'refs/heads/main'"


# --- machines of others


def test_everywhere_is_the_python_that_the_course_asks_for(workflow, container):
    images = [workflow["jobs"]["test"]["container"]["image"], container["image"]]
    binder = (ROOT / ".binder/runtime.txt").read_text("utf-8").strip()

    assert [re.search(r"python:([\d.]+)-bookworm$", image)[1] for image in images] == [PYTHON, PYTHON]
    assert binder == f"python-{PYTHON}"


def test_codespaces_installs_what_is_there_and_shows_the_ports_of_the_course(container):
    assert list(unknown([container["postCreateCommand"]])) == []
    assert f"PORT      ?= {container['forwardPorts'][0]}\n" in MAKEFILE
    assert set(container["portsAttributes"]) == {str(port) for port in container["forwardPorts"]}


def test_binder_installs_this_repository_and_the_same_pins():
    lines = (ROOT / ".binder/requirements.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith("#")]
    pins = (ROOT / "requirements.in").read_text("utf-8")

    assert "-e ." in wanted
    assert [line for line in wanted if not re.search(rf"^{re.escape(line)}(\s|$)", pins, re.MULTILINE)] == []


def test_students_in_colab_are_told_the_name_of_the_wheel_that_they_have():
    readme = (ROOT / "autograder/student_readme.md").read_text("utf-8")

    assert set(re.findall(r"[\w.-]+\.whl", readme)) == {wheel_of(Course(ROOT))[0]}


# --- what is committed


def vendored(names):
    """Files that come from somebody else and are fetched at build."""
    return [name for name in names if VENDORED.search(name)]


def test_nothing_vendored_is_committed():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert vendored(tracked.splitlines()) == []


@pytest.mark.parametrize("name", ["book/_frontend/vendor/mathjax/a.js", "book/a.woff2", "book/d3.min.js"])
def test_a_vendored_file_is_seen(name):
    assert vendored([name, "book/_frontend/live/live.js"]) == [name]

"""What does a student download?"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tomllib
import zipfile
from pathlib import Path

from autograder.assignment import read
from autograder.course import Course, CourseError
from autograder.leaks import leaks, visible
from autograder.release import released_text

_DATE = (2020, 1, 1, 0, 0, 0)  # any fixed date: the same content makes the same file
_TOOLS = ("jupyterlab", "ipykernel")
_TOP = "distributed-systems"


def bundle(course: Course) -> Path:
    """Writes ``_build/student.zip``: notebooks, laboratory, check script and how to begin.

    Args:
        course: the course tree.

    Returns:
        The path of the file, whose bytes depend on its content only.

    Raises:
        CourseError: if the bundle would hold a secret.
    """
    files = student_files(course)
    assignments = [read(course.solution(slug)) for slug in course.slugs()]
    laboratory = (path.read_text(encoding="utf-8") for path in _laboratory(course))
    public = "\n".join([*laboratory, *map(visible, assignments)])  # one chapter may hide what another shows
    for assignment in assignments:
        for name, content in files.items():
            if not name.endswith(".whl") and (found := leaks(content.decode(), assignment, public)):
                raise CourseError(f"{name} in the student bundle would show this secret line: {found[0]}")
    path = course.build / "student.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zipped({f"{_TOP}/{name}": content for name, content in files.items()}))
    return path


def student_files(course: Course) -> dict[str, bytes]:
    """Every file of the bundle by its path."""
    name, wheel = wheel_of(course)
    here = Path(__file__).parent
    files = {
        name: wheel,
        "check.py": (here / "check.py").read_bytes(),
        "README.md": (here / "student_readme.md").read_bytes(),
        "LICENSE": (course.root / "LICENSE").read_bytes(),
        "requirements-student.txt": _requirements(course, name).encode(),
    }
    for slug in course.slugs():  # released anew: the copy in exercises/ may hold somebody's answers
        notebook = released_text(course.nbgrader, read(course.solution(slug)))
        files[f"exercises/{slug}/{slug}.ipynb"] = notebook.encode()
    return files


def wheel_of(course: Course) -> tuple[str, bytes]:
    """Builds the laboratory's wheel: pure Python is a zip with three files of metadata.

    Args:
        course: the course tree, with ``pyproject.toml`` and ``distsys/``.

    Returns:
        File name and content.
    """
    project = tomllib.loads((course.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    info = f"{name}-{version}.dist-info"
    files = {str(path.relative_to(course.root)): path.read_bytes() for path in _laboratory(course)}
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        f"Summary: {project['description']}\nRequires-Python: {project['requires-python']}\n"
    ).encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: course\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in sorted(files.items())]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    return f"{name}-{version}-py3-none-any.whl", zipped(files)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive whose bytes depend on names and contents only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _laboratory(course: Course) -> list[Path]:
    """The files of the package, without what Python leaves behind."""
    files = sorted((course.root / "distsys").rglob("*"))
    return [path for path in files if path.is_file() and "__pycache__" not in path.parts]


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _requirements(course: Course, wheel: str) -> str:
    """What a student installs, pinned as in this repository."""
    text = (course.root / "requirements.in").read_text(encoding="utf-8")
    pins = [match[0] for tool in _TOOLS if (match := re.search(rf"^{tool}==[^\s#]+", text, re.MULTILINE))]
    return "\n".join([f"./{wheel}", *pins, ""])

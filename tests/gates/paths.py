"""Does any file speak of one machine, or of where packages are downloaded?"""

import re
from collections.abc import Iterable
from pathlib import Path

from .tree import text_lines

# Each pattern is written so that it does not match itself.
TELLING = re.compile(
    r"""(?<![\w.~)/-])/(?:work|root)(?![\w-])       # a folder of a build machine
      | /(?:home|Users)/\w                          # somebody's home
      | \b[A-Z]:\\\\?Users\b
      | /tmp/(?:ipykernel|pytest)[_-]               # what a traceback of a run would leave behind
      | \b(?:pypi|npmjs)[.](?:org|com)\b            # package registries
      | \bpythonhosted[.]org\b
      | \bdeb[.]debian[.]org\b
      | https?://\S+[.](?:whl|tgz|tar[.]gz|deb)\b   # downloads
    """,
    re.VERBOSE,
)


def telling_places(root: Path, files: Iterable[Path]) -> list[str]:
    """Lines that name a folder of one machine or a download address."""
    return [
        f"{path.relative_to(root)}:{number}: {found[0]} is a place of one machine or a download address."
        for path in files
        for number, line in text_lines(path)
        if (found := TELLING.search(line))
    ]

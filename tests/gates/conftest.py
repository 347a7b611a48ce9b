"""What every gate needs: the tree it looks at, and the products made from it."""

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def product() -> Callable[[str, str], Path]:
    """Find a file that a make target makes; fail with the name of the target if it is not there."""

    def find(name: str, target: str) -> Path:
        path = ROOT / name
        if not path.exists():
            pytest.fail(f"{name} is missing: run `make {target}` first.", pytrace=False)
        return path

    return find

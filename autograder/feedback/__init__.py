"""What do students read of their verdict?

``page`` makes our own page from a verdict. ``FeedbackPage`` and ``HideTests`` make nbgrader's page harmless;
its ``generate_feedback`` is configured with their names. They are loaded when they are asked for, because
the libraries behind them take more than a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from autograder.feedback.page import page

__all__ = ["FeedbackPage", "HideTests", "page"]

_OF_NBGRADER = ("FeedbackPage", "HideTests")


def __getattr__(name: str) -> Any:
    if name in _OF_NBGRADER:
        return getattr(import_module("autograder.feedback.notebook"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""To be imported by a zygote: what every notebook needs, so that it starts in no time."""

from . import player, stage  # noqa: F401
from .shell import shell

shell()

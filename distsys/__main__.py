"""``python -m distsys``: the laboratory from the command line."""

import sys

from .cli import main

if __name__ == "__main__":  # whoever only imports every module runs no command
    sys.exit(main())

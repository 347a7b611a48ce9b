"""The command ``python -m course.quiz page.md …``: do the quizzes of these pages claim what is so?"""

import sys

from .checks import main

sys.exit(main(sys.argv[1:]))

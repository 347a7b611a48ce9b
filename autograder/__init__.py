"""The autograder: how is an exercise made, judged, and its judgement proved?"""

import sys

# Of no use for notebooks, but whoever imports nbformat would wait two seconds while it builds a grammar.
# nbformat and jsonschema do without it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

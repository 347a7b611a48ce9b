"""The reference: how do docstrings become pages?

``sphinx.ext.autodoc`` does the work. Here every docstring is put into its language.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject
from sphinx.environment import BuildEnvironment
from sphinx.ext.napoleon import Config, GoogleDocstring

# The extension sphinx.ext.napoleon reads "a: b" in the docstring of an attribute as "b, of type a".
SENTENCES = ("attribute", "data", "property")
STYLE = Config(napoleon_use_ivar=True, napoleon_use_rtype=False)


def translate(
    app: Sphinx, what: str, name: str, described: object, options: object, lines: list[str]
) -> None:
    """Turn a docstring in Google's style into reStructuredText.

    Of a module's docstring only the first line stays, the question that the module answers; the page says the
    rest in its own words.
    """
    if what == "module":
        del lines[1:]
    elif what not in SENTENCES:
        text = GoogleDocstring(lines, STYLE, app, what, name, described, options).lines()
        lines[:] = [line.replace("collections.abc.", "") for line in text]


def shorten(
    _app: Sphinx, _what: str, _name: str, _described: object, _options: object, call: str, result: str
) -> tuple[str, str] | None:
    """Leave out that nothing is returned."""
    return (call, "") if result == "None" else None


def skip_fields(
    _app: Sphinx, _what: str, _name: str, member: object, _skipped: bool, _options: object
) -> bool | None:
    """Leave out the fields of a named tuple; its docstring says what they are."""
    return True if (member.__doc__ or "").startswith("Alias for field number") else None


def find_alias(
    app: Sphinx, env: BuildEnvironment, wanted: nodes.Element, shown: nodes.Element
) -> nodes.Element | None:
    """Find the entry of a type such as ``Script = Callable[…]``: for Sphinx types are classes and no data."""
    if wanted["refdomain"] != "py" or wanted["reftype"] != "class":
        return None
    target: str = wanted["reftarget"]
    return env.get_domain("py").resolve_xref(
        env, wanted["refdoc"], app.builder, "data", target, wanted, shown
    )


def setup(app: Sphinx) -> None:
    """Connect to autodoc, and let a list of attributes be called so; Sphinx says variables."""
    app.setup_extension("sphinx.ext.autodoc")
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"
    app.connect("autodoc-process-docstring", translate)
    app.connect("autodoc-process-signature", shorten)
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("missing-reference", find_alias)

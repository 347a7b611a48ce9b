"""What does somebody do to a copied answer so that it looks like another?"""

import ast
import io
import keyword
import tokenize


def renamed(code: str) -> str:
    """Every local name, parameter, helper and attribute of ``self`` gets another name."""
    tree = ast.parse(code)
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names |= {
        n.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }
    names -= {"self"}
    new = {name: f"my_{name[::-1].strip('_')}_{number}" for number, name in enumerate(sorted(names))}
    return _edited(code, lambda token: new.get(token.string, token.string))


def reordered(code: str) -> str:
    """Functions and methods stand the other way round; imports stay in front."""
    tree = ast.parse(code)
    for node in (tree, *(one for one in tree.body if isinstance(one, ast.ClassDef))):
        defined = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.ClassDef)]
        node.body = [one for one in node.body if one not in defined] + defined[::-1]
    return ast.unparse(tree)


def commented(code: str) -> str:
    """A comment above each line, one behind it, and a docstring in each function."""
    starts = {
        token.start[0]: token.start[1]
        for token, before in _with_before(code)
        if before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
        and token.type not in (tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.ENDMARKER)
    }
    lines = []
    for number, line in enumerate(code.split("\n"), start=1):
        indent = " " * starts.get(number, 0)
        lines += [f"{indent}# step {number}: this is my own work"] if number in starts else []
        lines.append(line)
        if number in starts and line.strip().startswith("def ") and line.rstrip().endswith(":"):
            lines.append(f'{indent}    """I wrote this, "really"."""')
    return "\n".join(lines)


def split(code: str) -> str:
    """A line break behind each comma in brackets, brackets round what is returned, a comma at the end."""
    depth = 0
    out = []
    for line in code.split("\n"):
        head, found, rest = line.partition("return ")
        whole = found and not head.strip() and _balanced(rest)
        out.append(f"{head}return (\n{head}    {rest}\n{head})" if whole else line)
    text = "\n".join(out)
    places = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        depth += (token.string in tuple("([{")) - (token.string in tuple(")]}"))
        if token.string == "," and depth:
            places.append(token.end)
    lines = text.split("\n")
    for row, column in reversed(places):
        lines[row - 1] = f"{lines[row - 1][:column]}\n            {lines[row - 1][column:].lstrip()}"
    return "\n".join(lines)


def padded(code: str) -> str:
    """A print and a useless assignment at the top of each function: more than a change of looks."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = ast.parse("debug = False\nif debug:\n    print('here')").body + node.body
    return ast.unparse(tree)


def reworded(code: str) -> str:
    """``x += 1`` becomes ``x = x + 1``, and a comparison is turned round: also more than looks."""

    class Rewrite(ast.NodeTransformer):
        def visit_AugAssign(self, node: ast.AugAssign) -> ast.Assign:
            value = ast.parse(ast.unparse(node.target), mode="eval").body
            return ast.Assign([node.target], ast.BinOp(value, node.op, node.value))

        def visit_Compare(self, node: ast.Compare) -> ast.Compare:
            turned = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
            if len(node.ops) == 1 and type(node.ops[0]) in turned:
                return ast.Compare(node.comparators[0], [turned[type(node.ops[0])]()], [node.left])
            return node

    return ast.unparse(ast.fix_missing_locations(Rewrite().visit(ast.parse(code))))


LOOKS = (renamed, reordered, commented, split)
"""Changes of looks alone; ``everything`` applies them all."""

MORE = (padded, reworded)
"""Changes that go further."""


def everything(code: str) -> str:
    """All changes of looks at once."""
    return split(commented(reordered(renamed(code))))


def _balanced(text: str) -> bool:
    try:
        ast.parse(f"({text})")
    except SyntaxError:
        return False
    return "#" not in text


def _with_before(code: str):
    before = tokenize.ENCODING
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        yield token, before
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type


def _edited(code: str, change) -> str:
    lines = code.split("\n")
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(code).readline)
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string)
    ]
    for token in reversed(tokens):
        (row, left), (_, right) = token.start, token.end
        lines[row - 1] = lines[row - 1][:left] + change(token) + lines[row - 1][right:]
    return "\n".join(lines)

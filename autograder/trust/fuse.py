"""Fused calls: which loops of a check can cross once instead of a thousand times?

``[clock.tick() for _ in range(8000)]`` and ``for stamp in stamps: clock.receive(stamp)`` call one function
of the student's process again and again, with arguments that do not depend on its answers. Such a loop is
rewritten so that its arguments are collected first. Everything else stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from .handles import Bound, Handle

NAME = "together"


def together(function: Any, rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Call a function once for each row of arguments; one of the student's process crosses in bundles.

    Args:
        function: any function, or a method or function of the student's process.
        rows: the arguments of each call.

    Raises:
        Exception: what the first call that failed has raised; the calls after it did not happen.
    """
    if isinstance(function, Bound):
        return function.handle._link.together([function.handle._number, function.name], rows)
    if isinstance(function, Handle):
        return function._link.together(function._number, rows)
    return [function(*row) for row in rows]


def fused(source: str, name: str) -> ast.Module:
    """The tree of a check with its simple loops fused; bind :func:`together` in its namespace.

    Args:
        source: the text of the check.
        name: what it is called in tracebacks.
    """
    tree = ast.parse(source, name)
    _Fuse().visit(tree)
    return ast.fix_missing_locations(tree)


class _Fuse(ast.NodeTransformer):
    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        self.generic_visit(node)
        if len(node.generators) != 1 or node.generators[0].is_async or not isinstance(node.elt, ast.Call):
            return node
        made = _fusible(node.elt, node.generators[0].target, node.generators[0].ifs)
        if made is None:
            return node
        function, row = made
        rows = ast.copy_location(ast.ListComp(row, node.generators), node)
        return ast.copy_location(_call(function, rows), node)

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        match node:
            case ast.For(target=ast.Name(), body=[ast.Expr(ast.Call() as call)], orelse=[]):
                made = _fusible(call, node.target, [])
            case _:
                made = None
        if made is None or not _steady(node.iter):
            return node
        function, row = made
        collected = f"{NAME}_{node.lineno}_{node.col_offset}"
        begin = ast.Assign([ast.Name(collected, ast.Store())], ast.List([], ast.Load()))
        append = ast.Attribute(ast.Name(collected, ast.Load()), "append", ast.Load())
        node.body = [ast.Expr(ast.Call(append, [row], []))]
        end = ast.Expr(_call(function, ast.Name(collected, ast.Load())))
        return [ast.copy_location(begin, node), node, ast.copy_location(end, call)]


def _call(function: ast.expr, rows: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(NAME, ast.Load()), [function, rows], [])


def _fusible(
    call: ast.Call, target: ast.expr, conditions: list[ast.expr]
) -> tuple[ast.expr, ast.expr] | None:
    """The function and a row of arguments, if no argument can depend on an earlier answer."""
    function = call.func
    owner = function.value if isinstance(function, ast.Attribute) else function
    if not isinstance(owner, ast.Name) or owner.id in {
        n.id for n in ast.walk(target) if isinstance(n, ast.Name)
    }:
        return None
    if call.keywords or not all(map(_steady, [*call.args, *conditions])):
        return None
    return function, ast.Tuple(call.args, ast.Load())


def _steady(part: ast.AST) -> bool:
    """Whether a part of a loop only reads plain local values."""
    allowed = (
        ast.Constant, ast.Name, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.BinOp, ast.UnaryOp, ast.operator,
        ast.unaryop, ast.expr_context, ast.JoinedStr, ast.FormattedValue, ast.Compare, ast.cmpop, ast.BoolOp,
        ast.boolop, ast.Starred,
    )  # fmt: skip
    steady_calls = {"range", "enumerate", "zip", "reversed"}
    if isinstance(part, ast.Call):
        plain = isinstance(part.func, ast.Name) and part.func.id in steady_calls and not part.keywords
        return plain and all(map(_steady, part.args))
    return isinstance(part, allowed) and all(map(_steady, ast.iter_child_nodes(part)))

"""Where do the values in a test come from: chance, an object of the student, an argument that it had?

Each function reads the tree of one test cell. It follows names in the order of the lines, as far as they are
assigned in the same scope; what it does not understand, it lets pass.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FRESH = ("list", "dict", "set", "sorted", "deque", "defaultdict", "Counter", "OrderedDict", "bytearray")
_ORDERLESS = ("sorted", "sum", "len", "min", "max", "any", "all", "set", "frozenset", "Counter")
_ORDERED = ("list", "tuple", "iter", "enumerate", "next", "map", "zip", "str", "repr", "print")
_SET_METHODS = ("union", "intersection", "difference", "symmetric_difference")
_SEEDED = {"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"}
_CHANCE = ("random.", "numpy.random.", "secrets.", "uuid.uuid1", "uuid.uuid4", "os.urandom")
_CLOCKS = ("time.", "datetime.date.today", "datetime.datetime.now", "datetime.datetime.utcnow")
_OF_PROCESS = ("id", "hash")


def compared_objects(tree: ast.Module, classes: Collection[str]) -> Iterator[int]:
    """Lines of assertions in which an object of a student's class decides itself what it equals.

    Args:
        tree: the test cell.
        classes: names of the classes that students write.
    """
    objects: set[str] = set()

    def is_object(node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id in classes
        return isinstance(node, ast.Name) and node.id in objects

    for node in _in_order(tree):
        if isinstance(node, ast.Assign):
            names = {name for target in node.targets for name in _stored(target)}
            objects = objects | names if is_object(node.value) else objects - names
        for test in [node.test] if isinstance(node, ast.Assert) else []:
            plain = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test
            if is_object(plain):
                yield node.lineno
            for part in ast.walk(test):
                if isinstance(part, ast.Compare) and any(map(is_object, [part.left, *part.comparators])):
                    same = all(isinstance(operator, ast.Is | ast.IsNot) for operator in part.ops)
                    yield from [] if same else [node.lineno]


def late_expectations(tree: ast.Module, asked_for: Collection[str]) -> Iterator[tuple[int, str]]:
    """Assertions that compare an answer with something made from its argument after the call.

    Args:
        tree: the test cell.
        asked_for: names that students write.

    Returns:
        Line and name of the argument.
    """
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS))]:
        yield from _Given(set(asked_for)).late(scope)


class _Given:
    """What the names of one scope stand for, line by line."""

    def __init__(self, asked_for: set[str]) -> None:
        self.answers = set(asked_for)  # names that hold or make what students wrote
        self.mutable: set[str] = set()
        self.given: dict[str, str] = {}  # name -> the argument that it is, or was made from too late

    def late(self, scope: ast.AST) -> Iterator[tuple[int, str]]:
        for node in _in_order(scope):
            if isinstance(node, ast.For):
                names = _stored(node.target)
                self._forget(names)
                nested = (part for part in ast.walk(node.iter) if part is not node.iter)
                if any(map(self._is_fresh, nested)):
                    self.mutable |= names
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value:
                self._assign(node, node.value)
            elif isinstance(node, ast.Expr):
                self._give(node.value)
            elif isinstance(node, ast.Assert):
                known = dict(self.given)
                calls = self._give(node.test)
                if not self._has_answer(node.test):
                    continue
                for name in _loaded(node.test, but=calls):
                    first = min((call.end_col_offset or 0 for call in calls), default=0)
                    if name.id in known or (name.id in self.given and name.col_offset >= first):
                        yield node.lineno, self.given[name.id]
                        break

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, value: ast.expr) -> None:
        calls = self._give(value)
        answer, fresh = self._has_answer(value), self._is_fresh(value)
        late = [name.id for name in _loaded(value, but=calls) if name.id in self.given]
        names = {name for target in _targets(node) for name in _stored(target)}
        if isinstance(node, ast.AugAssign):
            return
        self._forget(names)
        if answer:
            self.answers |= names
        elif late:
            self.given |= dict.fromkeys(names, self.given[late[0]])
        elif fresh:
            self.mutable |= names

    def _forget(self, names: set[str]) -> None:
        self.answers -= names
        self.mutable -= names
        for name in names:
            self.given.pop(name, None)

    def _give(self, value: ast.expr) -> list[ast.Call]:
        """Notes which arguments the student's code gets; returns the calls of it."""
        calls = [node for node in ast.walk(value) if isinstance(node, ast.Call)]
        calls = [call for call in calls if self._is_answer(call.func)]
        for call in calls:
            for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
                if isinstance(argument, ast.Name) and argument.id in self.mutable:
                    self.given[argument.id] = argument.id
        return calls

    def _is_answer(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            node = node.func if isinstance(node, ast.Call) else node.value
        return isinstance(node, ast.Name) and node.id in self.answers

    def _has_answer(self, value: ast.expr) -> bool:
        return any(isinstance(node, ast.Name) and node.id in self.answers for node in ast.walk(value))

    def _is_fresh(self, node: ast.AST) -> bool:
        """Whether an expression makes something that can be changed in place."""
        if isinstance(node, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return node.func.id in _FRESH
        if isinstance(node, ast.BinOp):
            return self._is_fresh(node.left) or self._is_fresh(node.right)
        return isinstance(node, ast.Name) and node.id in self.mutable


def chances(tree: ast.Module, around: Sequence[ast.Module]) -> Iterator[tuple[int, str]]:
    """Places where two runs of a cell may differ.

    Args:
        tree: the cell.
        around: cells whose imports it sees, too.

    Returns:
        Line and sentence.
    """
    modules = {name: module for one in [*around, tree] for name, module in _imported(one)}
    own = {name for one in [*around, tree] for node in ast.walk(one) for name in _defined(node)}
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    sets = _sets(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _dotted(node.func, modules)
            seeded = name in _SEEDED and (node.args or node.keywords)
            if name.startswith(_CHANCE) and not seeded:
                yield node.lineno, f"`{name}` gives each run other numbers; use `random.Random(seed)`."
            elif name.startswith(_CLOCKS):
                yield node.lineno, f"`{name}` asks the clock of the machine; use the simulation's time."
            elif name in _OF_PROCESS and name not in own:
                yield node.lineno, f"`{name}()` differs from process to process; compare the values."
        if isinstance(node, ast.expr) and _is_set(node, sets) and _is_told_in_order(node, parents):
            yield node.lineno, "A set is gone through in its own order, which differs between runs; sort it."


def _is_told_in_order(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether the order of a set's items shows."""
    parent = parents.get(node)
    if isinstance(parent, ast.FormattedValue | ast.Starred):
        return True
    if isinstance(parent, ast.For):
        return parent.iter is node
    if isinstance(parent, ast.comprehension):
        whole = parents[parent]
        user = parents.get(whole)
        if isinstance(whole, ast.SetComp | ast.DictComp):
            return False
        return not (isinstance(user, ast.Call) and _called(user) in _ORDERLESS)
    if isinstance(parent, ast.Call) and node in parent.args:
        user = parents.get(parent)
        sorted_later = isinstance(user, ast.Call) and _called(user) in _ORDERLESS
        return _called(parent) in (*_ORDERED, "join") and not sorted_later
    return False


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr if call.func.attr == "join" else ""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _sets(tree: ast.Module) -> set[str]:
    """Names that are bound to sets, and to nothing else."""
    found: dict[str, list[bool]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                whole = isinstance(target, ast.Name) and _is_set(node.value, ())
                for name in _stored(target):
                    found.setdefault(name, []).append(whole)
    return {name for name, kinds in found.items() if all(kinds)}


def _is_set(node: ast.AST, names: Collection[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call(func=ast.Attribute(attr=method, value=value)) if method in _SET_METHODS:
            return _is_set(value, names)
        case ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), left=left, right=right):
            return _is_set(left, names) or _is_set(right, names)
        case ast.Name(ctx=ast.Load()):
            return node.id in names
    return False


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each imported name with the dotted name that it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                yield alias.asname or first, alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.expr, modules: dict[str, str]) -> str:
    """What a called expression is in full, if its first name was imported or is built in."""
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, modules)
        return f"{before}.{node.attr}" if before else ""
    if not isinstance(node, ast.Name):
        return ""
    return modules.get(node.id, node.id if node.id in _OF_PROCESS else "")


def _defined(node: ast.AST) -> set[str]:
    """Names that a node binds itself."""
    if isinstance(node, _SCOPES):
        return {node.name}
    if isinstance(node, ast.arg):
        return {node.arg}
    return {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else set()


def _in_order(scope: ast.AST) -> Iterator[ast.stmt]:
    """The statements of one scope in the order of their lines, those of its loops and branches included."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, (*_SCOPES, ast.expr)):
            yield from _in_order(node)


def _targets(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _stored(target: ast.AST) -> set[str]:
    """The names that a target binds; `x[0] = …` binds none."""
    names = (node for node in ast.walk(target) if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def _loaded(value: ast.AST, but: Sequence[ast.AST]) -> Iterator[ast.Name]:
    """The names that are read in an expression, except as arguments of some calls."""
    if value in but:
        return
    if isinstance(value, ast.Name) and isinstance(value.ctx, ast.Load):
        yield value
    for child in ast.iter_child_nodes(value):
        yield from _loaded(child, but)

"""Small changes of Python source, each of which a good test notices: a turned comparison, a lost `not`, a call gone."""

import ast
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_TURNED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
# What a source or this house calls something; not a sentence for people, and no pattern.
_WORD = re.compile(r"[\w./:-]+")
# What only the type checker runs; and fields for it, or for people.
_UNRUN = "TYPE_CHECKING"
_LEFT_ALONE = ("annotation", "decorator_list", "format_spec", "returns", "type_params")
# What makes sure of something that holds already, as an assert does.
_ASSERTIONS = ("strict=True",)

_Change = tuple[int, str, Callable[[], object]]


@dataclass(frozen=True)
class Mutant:
    """A file with the `number`-th change that it offers; `first_lines` are those of the function around it, if any."""

    path: str
    text: str = field(repr=False)
    number: int
    line: int
    what: str
    function: str
    first_lines: tuple[int, ...]

    @property
    def source(self) -> str:
        tree = ast.parse(self.text)
        _, _, _, _, apply = list(_sites(tree))[self.number]
        apply()
        return ast.unparse(ast.fix_missing_locations(tree))

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function or '(no function)'}: {self.what}"


def mutants_of(text: str, path: str) -> list[Mutant]:
    """Every change that this knows of a file."""
    tree = ast.parse(text)
    # What is cached is run by the first test that needs it alone: its tests are those of the whole file.
    cached = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _is_cached(node)}
    return [
        Mutant(path, text, number, line, what, function, () if cached.intersection(first_lines) else first_lines)
        for number, (function, first_lines, line, what, _) in enumerate(_sites(tree))
    ]


def shuffled(mutants: list[Mutant], seed: str) -> list[Mutant]:
    """In an order of the seed's own; those of one function stand in it the same, whatever becomes of others."""
    seen: dict[tuple[str, str, str], int] = {}

    def rank(one: Mutant) -> bytes:
        name = (one.path, one.function, one.what)
        seen[name] = seen.get(name, 0) + 1
        return hashlib.sha256(f"{seed} {name} {seen[name]}".encode()).digest()

    return sorted(mutants, key=rank)


def _sites(
    node: ast.AST, function: str = "", first_lines: tuple[int, ...] = ()
) -> Iterator[tuple[str, tuple[int, ...], int, str, Callable[[], object]]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        function = f"{function}.{node.name}" if function else node.name
        first_lines = (node.lineno, *(one.lineno for one in node.decorator_list))
    for line, what, apply in _changes(node, in_function=bool(first_lines)):
        yield function, first_lines, line, what, apply
    for child in _end_of_split(node) or _children(node):
        if not _is_prose(node, child):
            yield from _sites(child, function, first_lines)


def _is_cached(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(one).partition("(")[0] in ("cache", "lru_cache") for one in node.decorator_list)


def _children(node: ast.AST) -> list[ast.AST]:
    """What a node is made of, without what is for people or for the type checker."""
    if isinstance(node, ast.Raise):
        return []
    # What a class is made with (`frozen=True`) stands for itself, as its decorators do.
    without = (*_LEFT_ALONE, "keywords") if isinstance(node, ast.ClassDef) else _LEFT_ALONE
    fields = (value for name, value in ast.iter_fields(node) if name not in without)
    parts = (part for value in fields for part in (value if isinstance(value, list) else [value]))
    return [part for part in parts if isinstance(part, ast.AST)]


def _end_of_split(node: ast.AST) -> list[ast.AST]:
    """Of `text.rsplit("/", 1)[-1]` or `text.split("/", 1)[0]` the text and where it is split: how often is all the same."""
    match node:
        case ast.Subscript(value=ast.Call(func=ast.Attribute(value=text, attr=method), args=[at, ast.Constant()])):
            return [text, at] if (method, ast.unparse(node.slice)) in (("rsplit", "-1"), ("split", "0")) else []
    return []


def _is_prose(node: ast.AST, child: ast.AST) -> bool:
    if isinstance(child, ast.keyword):
        return child.arg in ("description", "do") or ast.unparse(child) in _ASSERTIONS
    if isinstance(node, ast.JoinedStr):
        return isinstance(child, ast.Constant)
    return isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)


def _changes(node: ast.AST, *, in_function: bool) -> Iterator[_Change]:
    """What can be changed in one node. Words are changed in functions only: outside they are tables, which are data."""
    yield from _other_operators(node)
    yield from _other_tests(node)
    yield from _other_values(node, in_function=in_function)
    if in_function:
        yield from _removals(node)


def _other_operators(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.Compare():
            for place, op in enumerate(node.ops):
                if turned := _TURNED.get(type(op)):
                    what = f"{type(op).__name__} becomes {turned.__name__}"
                    yield node.lineno, what, lambda p=place, t=turned: node.ops.__setitem__(p, t())
        case ast.BoolOp() | ast.BinOp() if turned := _TURNED.get(type(node.op)):
            what = f"{type(node.op).__name__} becomes {turned.__name__}"
            yield node.lineno, what, lambda: setattr(node, "op", turned())
        case ast.UnaryOp(op=ast.Not()):
            yield node.lineno, "not is lost", lambda: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand))


def _other_tests(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.If() | ast.IfExp() | ast.While() if ast.unparse(node.test) != _UNRUN:
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield node.test.lineno, f"negated: if {_short(node.test)}", lambda: setattr(node, "test", negated)
        case ast.comprehension():
            for place, test in enumerate(node.ifs):
                yield test.lineno, f"lost: if {_short(test)}", lambda p=place: node.ifs.pop(p)


def _other_values(node: ast.AST, *, in_function: bool) -> Iterator[_Change]:
    match node:
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) not in ("None", "False"):
            # None says the same as False, which is turned itself.
            yield node.lineno, f"None returned: {_short(value)}", lambda: setattr(node, "value", ast.Constant(None))
        case ast.Call(func=ast.Name(id=name) as called) if name in _CALLS:
            yield node.lineno, f"{name} becomes {_CALLS[name]}", lambda: setattr(called, "id", _CALLS[name])
        case ast.Constant(value=bool(value)):
            yield node.lineno, f"{value} becomes {not value}", lambda: setattr(node, "value", not value)
        case ast.Constant(value=int(value) | float(value)):
            yield node.lineno, f"{value} becomes {value + 1}", lambda: setattr(node, "value", value + 1)
        case ast.Constant(value=str(value)) if in_function and _WORD.fullmatch(value):
            yield node.lineno, f"{value!r} becomes {value + 'x'!r}", lambda: setattr(node, "value", value + "x")


def _removals(node: ast.AST) -> Iterator[_Change]:
    for name in ("body", "orelse", "finalbody") if isinstance(node, ast.stmt | ast.excepthandler) else ():
        for place, one in enumerate(statements := getattr(node, name, [])):
            if _does_something(one):
                apply = lambda s=statements, p=place: s.__setitem__(p, ast.Pass())  # noqa: E731
                yield one.lineno, f"removed: {_short(one)}", apply


def _does_something(statement: ast.stmt) -> bool:
    """A statement without which the names are there all the same."""
    match statement:
        case ast.Expr(value=ast.Call()) | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            return True
        case ast.Delete(targets=targets):
            # `del name` says that an argument is not needed.
            return not all(isinstance(target, ast.Name) for target in targets)
        case _:
            return isinstance(statement, ast.AugAssign | ast.Break | ast.Continue | ast.Raise)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 70 else f"{text[:67]}..."

"""Ways to break a source file, one at a time; `mutation.py` runs the tests on them.

Some places of a file of rules are not rules of a derivative, whatever stands there, and are marked
by what they are:

* a *tolerance*: a product, quotient or power with machine precision (``.eps``, ``.tiny``) in it;
* a *buffer*: what is assigned to a name ``out``, which is where a result goes, not what it is;
* a *size*: an integer that a name in capitals stands for, from which on another way to the same
  result pays, and a comparison with it; how many results a cache keeps;
* an *unknown length*: the negative number in the shape given to ``reshape``, any of which will do.

Other breaks change nothing that can be seen, such as that of the number in the place of what is
masked out; they stand one by one, each with its reason, in `equivalents.py`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from .equivalents import EQUIVALENTS

ROOT = Path(__file__).parent.parent
RULES = [p for folder in ("ops", "special") for p in (ROOT / "autograd" / folder).glob("[a-z]*.py")]
RULES.sort()

# what tells the code of a function apart
Key = tuple[object, ...]

SWAPS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
COMPARISONS: dict[type, type] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


@dataclass(frozen=True)
class Mutant:
    """One break: the file, its number in the file, where and what it is, and the module's code.

    ``text`` is what is broken. ``aside`` names what the place is if it is not a rule of a
    derivative, or why the break changes nothing.
    """

    path: Path
    number: int
    line: int
    what: str
    text: str
    aside: str
    original: CodeType
    code: CodeType

    def __str__(self) -> str:
        place = f"{self.path.relative_to(ROOT)}:{self.line}: {self.what}: {self.text}"
        return f"{place} ({self.aside})" if self.aside else place


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield (what, replacement) for every way to break one node."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        broken = copy.copy(node)
        broken.op = SWAPS[type(node.op)]()
        yield f"swap {type(node.op).__name__}", broken
        if isinstance(node.op, ast.Mult):
            yield "drop left factor", node.right
            yield "drop right factor", node.left
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "drop minus", node.operand
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        broken = copy.copy(node)
        broken.ops = [COMPARISONS[type(node.ops[0])](), *node.ops[1:]]
        yield "negate comparison", broken
    if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
        if isinstance(node.value.value, bool) and node.arg == "keepdims":
            yield "flip keepdims", ast.keyword(node.arg, ast.Constant(not node.value.value))
        elif isinstance(node.value.value, int) and node.arg == "axis":
            yield "shift axis", ast.keyword(node.arg, ast.Constant(node.value.value + 1))
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "shift constant", ast.Constant(node.value + 1)
    if isinstance(node, ast.AugAssign):
        yield "+= to =", ast.Assign([node.target], node.value, lineno=node.lineno)


def asides(tree: ast.AST) -> dict[ast.AST, str]:
    """Return {node: what it is} for all that is not a rule of a derivative."""
    found: dict[ast.AST, str] = {}
    for node in ast.walk(tree):
        part: ast.AST | None = None
        what = ""
        if isinstance(node, ast.BinOp) and any(map(_is_precision, ast.walk(node))):
            part, what = node, "tolerance"
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
            if name == "out":
                part, what = value, "buffer"
            elif name.isupper() and isinstance(value, ast.Constant) and type(value.value) is int:
                part, what = value, "size"
        elif isinstance(node, ast.Compare) and any(map(_is_size, node.comparators)):
            found[node] = "size"
        elif isinstance(node, ast.keyword) and node.arg == "maxsize":
            found[node.value] = "size"
        for inner in ast.walk(part) if part else ():
            found[inner] = what
        if isinstance(node, ast.Call) and _name_of(node.func) == "reshape":
            for inner in ast.walk(node):
                if isinstance(inner, ast.UnaryOp) and isinstance(inner.operand, ast.Constant):
                    found.setdefault(inner.operand, "unknown length")
    return found


def _is_precision(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ("eps", "tiny")


def _is_size(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id.isupper()


def _name_of(function: ast.AST) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a file; docstrings and imports stay."""
    source = path.read_text(encoding="utf8")
    lines, tree = source.splitlines(), ast.parse(source)
    original = compile(tree, str(path), "exec")
    aside = asides(tree)
    number = 0
    for parent in list(ast.walk(tree)):
        for field, value in ast.iter_fields(parent):
            items = value if isinstance(value, list) else [value]
            for i, child in enumerate(items):
                if not isinstance(child, ast.AST):
                    continue
                for what, broken in changes(child):
                    broken = ast.copy_location(copy.copy(broken), child)
                    if isinstance(value, list):
                        value[i] = broken
                    else:
                        setattr(parent, field, broken)
                    code = compile(ast.fix_missing_locations(tree), str(path), "exec")
                    if isinstance(value, list):
                        value[i] = child
                    else:
                        setattr(parent, field, child)
                    line = getattr(child, "lineno", getattr(parent, "lineno", 0))
                    text = ast.unparse(child)
                    key = path.stem, lines[line - 1].strip(), what, text
                    known = aside.get(child) or EQUIVALENTS.get(key, "")
                    yield Mutant(path, number, line, what, text, known, original, code)
                    number += 1


def key_of(code: CodeType) -> Key:
    """Return what tells the code of a function apart, however the interpreter has tuned it."""
    return code.co_filename, code.co_qualname, code.co_firstlineno, code.co_linetable


def changed_functions(original: CodeType, mutant: CodeType) -> dict[Key, CodeType] | None:
    """Return {key: mutated code} of the functions that differ; None if the module's own lines do.

    A function that holds a changed one is changed too.
    """
    if (original.co_code, _constants(original)) != (mutant.co_code, _constants(mutant)):
        return None
    changed: dict[Key, CodeType] = {}
    pairs = [(original, mutant)]
    for before, after in pairs:
        if before is not original:
            changed[key_of(before)] = after
        inner = zip(_functions(before), _functions(after), strict=False)
        pairs.extend(pair for pair in inner if _text(pair[0]) != _text(pair[1]))
    return changed


def _functions(code: CodeType) -> list[CodeType]:
    return [c for c in code.co_consts if isinstance(c, CodeType)]


def _constants(code: CodeType) -> list[str]:
    return [repr(c) for c in code.co_consts if not isinstance(c, CodeType)]


def _text(code: CodeType) -> tuple[object, ...]:
    inner = [_text(c) for c in _functions(code)]
    return code.co_code, code.co_names, code.co_varnames, _constants(code), inner

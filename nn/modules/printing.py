"""A module as text: its parts with their sizes, and the parameters of each. Next: `states.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tree import walk

if TYPE_CHECKING:
    from .module import Module

# of more parameters than this, a row tells only the number
_SHOWN = 4
# the path, the title and the parameters of a part
Row = tuple[str, str, str]


def printed(module: Module) -> str:
    """Return the text of a module: a line for each of its parts, below a line for the whole."""
    rows = _rows(module)
    _insert_functions(rows, module)
    _, title, held = rows[0]
    first = f"{title}, {module.count_parameters()} parameters"
    widths = [max((len(row[i]) for row in rows[1:]), default=0) for i in range(2)]
    lines = [f"  {a:{widths[0]}}  {b:{widths[1]}}  {c}".rstrip() for a, b, c in rows[1:]]
    return "\n".join([f"{first}: {held}" if held else first, *lines])


def _rows(module: Module) -> list[Row]:
    """Return the row of every part, with the parameters that it owns itself."""
    held: dict[int, list[str]] = {}
    parameters = {id(p): p for p in module.parameters()}
    for name, owner, x in walk(module):
        p = parameters.pop(id(x), None)
        if p is not None:
            frozen = "" if p.requires_grad else " frozen"
            held.setdefault(id(owner), []).append(f"{name} {p.shape}{frozen}")
    rows = []
    for path, part in module.named_modules():
        names = [n.removeprefix(f"{path}.") for n in held.get(id(part), [])]
        if len(names) > _SHOWN:
            names[_SHOWN:] = [f"and {len(names) - _SHOWN} more"]
        rows.append((path, part.title(), ", ".join(names)))
    return rows


def _insert_functions(rows: list[Row], module: Module) -> None:
    """Insert rows for the plain functions of chains, each after everything in the layer before."""
    for path, part in module.named_modules():
        start = f"{path}.layers." if path else "layers."
        for i, title in part._functions():
            before = [
                k for k, row in enumerate(rows) if f"{row[0]}.".startswith(f"{start}{i - 1}.")
            ]
            own = [k for k, row in enumerate(rows) if row[0] == path]
            rows.insert((before or own)[-1] + 1, (f"{start}{i}", title, ""))

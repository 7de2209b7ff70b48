"""In which module every item of a graph lies, and the tree of these modules. Next: `folding.py`.

Computed nodes know the scope in which they were made. Parameters are made before any call; they
lie where they are used, or where their label says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..graph.graph import Graph


@dataclass
class Box:
    """A module: its name, and the items and boxes in it, in order."""

    path: str
    title: str
    depth: int
    boxes: list[Box] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    # the first computed item in this box, by which boxes are sorted
    first: int = 0

    def walk(self) -> Iterator[Box]:
        """Yield this box and all boxes in it, outer ones first."""
        stack = [self]
        while stack:
            box = stack.pop()
            yield box
            stack.extend(reversed(box.boxes))

    def all_items(self) -> list[int]:
        """Return the items of this box and all boxes in it, in the order of the graph."""
        return sorted(i for box in self.walk() for i in box.items)

    def signature(self, graph: Graph) -> tuple[tuple[str, int], ...]:
        """Return the structure of this box, which is equal for repeated blocks."""
        kinds: Counter[str] = Counter()
        for i in self.all_items():
            op = graph.operation(i)
            kinds[f"{op.name if op else graph.role(i)}{graph.shape(i)}"] += 1
        return tuple(sorted(kinds.items()))


def common(a: str, b: str) -> str:
    """Return the longest module path that two paths share."""
    if a == b:
        return a
    shared = []
    for x, y in zip(a.split("."), b.split("."), strict=False):
        if x != y:
            break
        shared.append(x)
    return ".".join(shared)


def places(graph: Graph) -> list[str]:
    """Return the path of the module in which each item is drawn; '' outside all modules."""
    scopes = graph.scopes
    if not any(scopes):
        return scopes
    found = _refined(graph, scopes)
    used: dict[int, str] = {}
    for i in range(len(graph)):
        for j in graph.links[i]:
            if not graph.links[j]:
                used[j] = common(used[j], found[i]) if j in used else found[i]
    fed, modules = _fed(graph, found), {*scopes, *found}
    for j, path in used.items():
        # labelled data stay outside of the module that uses them; targets go to their loss
        if graph.role(j) == "param" or not graph.label(j) or path in fed:
            while path not in modules:
                path = path.rpartition(".")[0]
            found[j] = path
    return found


def _fed(graph: Graph, found: list[str]) -> set[str]:
    """Return the modules whose inputs are computed outside of them."""
    fed: set[str] = set()
    for i, path in enumerate(found):
        for j in graph.links[i]:
            if path and found[j] != path and graph.links[j]:
                inner, shared = path, common(path, found[j])
                while inner != shared and inner not in fed:
                    fed.add(inner)
                    inner = inner.rpartition(".")[0]
    return fed


def _refined(graph: Graph, scopes: list[str]) -> list[str]:
    """Move nodes to the submodule whose parameters they use, if that has no scope.

    A layer that runs all its neurons at once opens one scope; the labels of the weights
    (``layers.0.neurons.2.w.1``) still identify the neurons.
    """
    found = list(scopes)
    for i, scope in enumerate(scopes):
        if not scope:
            continue
        owner: str | None = None
        for j in graph.links[i]:
            if scopes[j] == scope and graph.links[j]:
                path = found[j]
            elif graph.role(j) == "param" and graph.label(j).startswith(scope + "."):
                path = _instance(graph.label(j))
            else:
                continue
            owner = path if owner is None else common(owner, path)
        if owner is not None and owner.startswith(scope + "."):
            found[i] = _instance(owner + ".")
    return [f if f.startswith(s) else s for f, s in zip(found, scopes, strict=True)]


def _instance(label: str) -> str:
    """Return the path of the module in a list that a label belongs to: up to its last index."""
    parts = label.split(".")[:-1]
    while parts and not (parts[-1].isdigit() and len(parts) > 1 and len(parts[-2]) > 1):
        parts.pop()
    return ".".join(parts)


def tree(graph: Graph, found: list[str], keep: list[bool]) -> Box:
    """Return the boxes of a drawing, without those that only contain a list of others."""
    root = Box("", "", 0)
    if not any(found):
        root.items = [i for i, kept in enumerate(keep) if kept]
        return root
    known = {"": root}
    for i, path in enumerate(found):
        if not keep[i]:
            continue
        missing = []
        while path not in known:
            missing.append(path)
            path = path.rpartition(".")[0]
        for path in reversed(missing):
            known[path] = box = Box(path, "", 0)
            known[path.rpartition(".")[0]].boxes.append(box)
        known[found[i]].items.append(i)
    _dissolve(root, set(graph.scopes))
    _sort(root, graph)
    return root


def _dissolve(root: Box, modules: set[str]) -> None:
    """Remove boxes without items that contain a single box, or are lists of numbered boxes."""
    for box in reversed([*root.walk()]):
        kept: list[Box] = []
        for inner in box.boxes:
            numbered = all(b.path.rpartition(".")[2].isdigit() for b in inner.boxes)
            a_list = numbered and inner.path not in modules
            kept += (
                inner.boxes if not inner.items and (a_list or len(inner.boxes) == 1) else [inner]
            )
        box.boxes = kept
    for box in root.walk():
        for inner in box.boxes:
            inner.depth = box.depth + 1
            inner.title = inner.path[len(box.path) + 1 :] if box.path else inner.path


def _sort(root: Box, graph: Graph) -> None:
    """Sort the boxes by their first computed item; parameters come long before their use."""
    for box in reversed([*root.walk()]):
        starts = [inner.first for inner in box.boxes]
        starts += [i for i in box.items if graph.links[i]][:1] or box.items[:1]
        box.first = min(starts, default=0)
        box.boxes.sort(key=lambda inner: inner.first)

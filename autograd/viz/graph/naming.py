"""Short names for what modules hold and make: W1 and b1, Z1 and O1. Next: `graph.py`.

A parameter is called by its letter and the number of its layer, in the order of the computation;
what the layer makes of it is Z, what the activation after it makes of Z is O. Parameters of scalar
networks take the numbers of their path: ``layers.0.neurons.2.w.1`` is w_0_2_1. A name that is
somebody's label already is not given.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ...ops import softmaxes
from ...scalar_nodes.node import ScalarNode

if TYPE_CHECKING:
    from .graph import Graph

_PATH = re.compile(r"[^\W\d]\w*(?:\.\w+)+")
_LETTERS = {"weight": "W", "bias": "b"}
_SOFT = (softmaxes.softmax, softmaxes.log_softmax)


def short_names(graph: Graph) -> dict[int, str]:
    """Return the short names of parameters whose labels are paths, and of results of layers."""
    labels = graph.labels
    paths = {
        i: label
        for i, label in labels.items()
        if not graph.links[i] and graph.role(i) == "param" and _PATH.fullmatch(label)
    }
    if not paths:
        return {}
    names: dict[int, str] = {}
    taken = set(labels.values())

    def give(i: int, name: str) -> None:
        if name not in taken:
            taken.add(name)
            names[i] = name

    users = _users(graph, paths)
    suffixes: dict[str, str] = {}
    modules: dict[str, list[int]] = {}
    for i in sorted(paths, key=lambda i: users[i][0]):
        module, word, place = _parts(paths[i])
        scalar = isinstance(graph.items[i], ScalarNode)
        numbers = "".join(f"_{n}" for n in re.findall(r"(?<=\.)\d+(?=\.|$)", f".{module}"))
        suffix = suffixes.setdefault(module, numbers if scalar else str(len(suffixes) + 1))
        modules.setdefault(module, []).append(i)
        base = _LETTERS.get(word, word)
        base += "_" if base[-1].isdigit() and suffix[:1].isdigit() else ""
        give(i, base + suffix + (f"_{place}" if place else ""))
    _name_results(graph, modules, suffixes, users, give)
    return names


def _name_results(
    graph: Graph,
    modules: dict[str, list[int]],
    suffixes: dict[str, str],
    users: dict[int, list[int]],
    give: Callable[[int, str], None],
) -> None:
    """Name the outputs of modules with parameters, and of the activations that follow."""
    labels, made = graph.labels, {}
    for module, members in modules.items():
        z = _made(graph, module, members, users)
        if z is not None and not labels.get(z):
            letters = "zo" if isinstance(graph.items[z], ScalarNode) else "ZO"
            made[z] = module, letters, suffixes[module]
    outputs = dict(_outputs(graph, {z: made[z][0] for z in made}, modules))
    for z, (_, letters, suffix) in made.items():
        if z != graph.root and suffix:
            give(z, letters[0] + suffix)
            o = outputs.get(z)
            if o is not None and o != graph.root and not labels.get(o) and o not in made:
                give(o, letters[1] + suffix)


def _parts(path: str) -> tuple[str, str, str]:
    """Return the module of a parameter, its own name, and its index in a list, if any."""
    module, _, word = path.rpartition(".")
    if not word.isdigit():
        return module, word, ""
    place = word
    module, _, word = module.rpartition(".")
    return module, word, place


def _users(graph: Graph, wanted: Iterable[int]) -> dict[int, list[int]]:
    """Return the items that use each of some items."""
    users: dict[int, list[int]] = {i: [] for i in wanted}
    for i, links in enumerate(graph.links):
        for j in links:
            if j in users and (not users[j] or users[j][-1] != i):
                users[j].append(i)
    for i, found in users.items():
        if not found:
            found.append(i)
    return users


def _made(graph: Graph, module: str, members: list[int], users: dict[int, list[int]]) -> int | None:
    """Return the output of a layer: the last item that uses its parameters, if it ran once."""
    calls = [i for j in members for i in users[j]]
    # a penalty on the weights is outside of the module
    inside = [i for i in calls if graph.scopes[i] == module] or [
        i for i in calls if module.startswith(f"{graph.scopes[i]}.")
    ]
    chosen = set(inside or calls)
    most = max((sum(i in chosen for i in users[j]) for j in members), default=0)
    return max(chosen) if most == 1 and graph.links[max(chosen)] else None


def _outputs(
    graph: Graph, made: dict[int, str], owners: Iterable[str]
) -> Iterator[tuple[int, int]]:
    """Yield (Z, O): O is the output of the activation after a layer, with or without a module."""
    users = _users(graph, made)
    scopes: dict[str, list[int]] = defaultdict(list)
    for i, scope in enumerate(graph.scopes):
        if scope:
            scopes[scope].append(i)
    for z, module in made.items():
        around = {graph.scopes[i] for i in users[z]}
        if len(around) != 1 or users[z] == [z]:
            continue
        scope = around.pop()
        if scope != module and scope in owners:
            continue  # the next layer begins, as with a normalisation
        if scope and not module.startswith(f"{scope}."):
            o = _exit(graph, z, scopes[scope])
        else:
            o = users[z][0]
            op = graph.operation(o)
            alone = len(users[z]) == 1 and graph.links[o] == (z,)
            o = o if alone and ((op.bounded and len(op.inputs) == 1) or op in _SOFT) else z
        if o != z and graph.shape(o) == graph.shape(z):
            yield z, o


def _exit(graph: Graph, z: int, inside: list[int]) -> int:
    """Return the last of the items in a scope that are computed from a single item."""
    region, last = {z}, z
    for i in inside:
        if i <= z or not graph.links[i]:
            continue
        if not all(j in region or not (graph.links[j] or graph.label(j)) for j in graph.links[i]):
            break
        region.add(i)
        last = i
    return last


# --------------------------------------------------------------------------------------------------
# Data

_PRODUCTS = ("matmul", "linear")
_COMPARING = ("subtract", "squared_error", "softmax_cross_entropy", "sigmoid_cross_entropy")
_LOGS = ("log", "log_softmax")


def data_names(graph: Graph, taken: set[str]) -> dict[int, str]:
    """Return names of data without a label: X for inputs of layers, y for targets, c for others."""
    data = [i for i in graph.bare if i not in graph.labels]
    names: dict[int, str] = {}
    counts: Counter[str] = Counter()
    for i, users in _users(graph, data).items():
        word = _word(graph, i, users[0])
        counts[word] += 1
        while (name := word + (str(counts[word]) if counts[word] > 1 else "")) in taken:
            counts[word] += 1
        names[i] = name
        taken.add(name)
    return names


def _word(graph: Graph, i: int, user: int) -> str:
    op = graph.operation(user)
    if op is None or op.name in _PRODUCTS:
        return "X" if op else "c"
    others = [graph.operation(j) for j in graph.links[user] if j != i]
    weighs = op.name == "multiply" and any(o and o.name in _LOGS for o in others)
    return "y" if weighs or op.name in _COMPARING else "c"

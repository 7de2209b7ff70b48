"""The description of a recording for the gate in C. Next: `backends.py`.

If the gate has no form for something, there is no gate: calls go through Python, as calls that do
not fit a gate do. What `../record/facts.py` expresses in Python is described here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...array_nodes.handle import Handle
from ...array_nodes.node import ArrayNode
from ...blocks import STATE
from ...mode import depth
from ...node import Node
from ...tensor import Tensor
from ...value import Value
from ..record.capture import ACTIVE
from ..record.facts import (
    Apart,
    Change,
    Equal,
    Fact,
    Form,
    Given,
    Holds,
    Is,
    Keys,
    Laid,
    Length,
    Place,
)
from ..tape.watched import dict_of
from .plans import Plan
from .signature import STATIC

_PLACES = ("itself", "leaf", "slot", "attribute", "entry", "item", "cell", "context")
_ARRAY, _NUMBER, _TENSOR, _SAME, _SEQUENCE, _DICT = range(6)
_IS, _LENGTH, _GIVEN, _FORM, _APART = range(5)
_RESULT, _NOTHING, _DATE, _COUNT = range(4)
_PLAIN, _WRAPPED, _CONSTANT, _LEAF = range(4)
# the most objects kept on the stack during a call
_MANY = 10_000
# read beforehand, as other descriptors replace these while a function is recorded
_KNOWN = {
    (Handle, "_data"): Handle.__dict__["_data"],
    (ArrayNode, "_grad"): ArrayNode.__dict__["_grad"],
}
_FLOAT64 = np.dtype(float)


class NoGateError(Exception):
    """The gate has no form for what a recording needs."""


class Entries:
    """Lookups in a dict, or in the read-only mapping of a class.

    Attributes
    ----------
    all : tuple or None
        The keys of all entries in order, if there may be no others.
    """

    def __init__(self, mapping: Any) -> None:
        self.mapping = mapping
        self.keys: list[Any] = []
        self.seen: list[Any] = []
        self.all: tuple[Any, ...] | None = None

    def row(self) -> Any:
        """Return the dict with the lookups."""
        found = dict_of(self.mapping)
        if type(found) is not dict:
            raise NoGateError(type(found).__name__)
        return found, tuple(self.keys), tuple(self.seen), self.all


class Description:
    """The description of a gate, as lists of tuples.

    Parameters
    ----------
    extension : module
    args, kwargs : tuple, dict
        The arguments of the call that was recorded.
    static : set of int
        The leaves that were passed to the function unchanged.
    """

    def __init__(self, extension: Any, args: Any, kwargs: Any, static: set[int]) -> None:
        self._extension = extension
        self._static = static
        self._types: list[Any] = []
        self._leaves: list[Any] = []
        self._numbers: dict[Any, int] = {}
        self.places: list[Any] = []
        self.specs: list[Any] = []
        self.facts: list[Any] = []
        self.dicts: dict[int, Entries] = {}
        self.holds: list[Any] = []
        self.fresh: list[Any] = []
        self.sets: list[Any] = []
        self.outputs: list[Any] = []
        self.names = tuple(kwargs)
        self.count = len(args) + len(kwargs)
        for x in (*args, *kwargs.values()):
            self._argument(x)
        self.fact(Is(Place("context", ACTIVE), None))
        self.fact(Is(Place("context", depth), 0))

    def make(
        self,
        program: Any,
        inputs: Iterable[Place],
        lent: Sequence[tuple[Any, Any]],
        whole: Sequence[Any],
        rebuild: Any,
    ) -> Any:
        """Return the gate.

        Parameters
        ----------
        program : Call
        inputs : iterable of Place
            The places of its arguments.
        lent : sequence of (node, array)
        whole : sequence of array
            Arrays that are gradients between calls, to which nothing else may refer.
        rebuild : type, callable or None
            Rebuilds the result from its leaves; None if it is a single leaf.
        """
        if len(self._leaves) + len(self.places) + len(self.outputs) > _MANY:
            raise NoGateError("more than the stack should hold")
        pairs = [(node, self._offset(type(node), "_grad"), array) for node, array in lent]
        found = [self._place(place) for place in inputs]
        offsets = (*(self._offset(Tensor, name) for name in ("_data", "_node", "_shape")),)
        return self._extension.Gate(
            program,
            self.names,
            rebuild,
            (STATE, *(self._offset(type(STATE), name) for name in ("clock", "special"))),
            self.count,
            (*offsets, self._offset(Node, "_a")),
            tuple(self.places),
            tuple(self.specs),
            tuple(self.facts),
            tuple([x.row() for x in self.dicts.values()]),
            tuple(self.holds),
            tuple(self.fresh),
            tuple(pairs),
            tuple(whole),
            tuple(self.sets),
            tuple(self.outputs),
            tuple(found),
        )

    def describe(
        self, facts: Iterable[Fact], changes: Iterable[Change], plans: Iterable[Plan]
    ) -> None:
        """Add everything that a recording compares, changes and returns."""
        for fact in facts:
            self.fact(fact)
        for change in changes:
            self.change(change)
        n = 0
        for plan in plans:
            self.output(plan, n)
            n += plan.step is not None

    def _offset(self, kind: type, name: str) -> int:
        """Return the offset of a slot in instances of a class; raise if it is not a slot."""
        for base in kind.__mro__:
            found = _KNOWN.get((base, name)) or base.__dict__.get(name)
            if found is not None:
                offset: int = self._extension.offset(found)
                if offset < 0:
                    break
                return offset
        raise NoGateError(f"{kind.__name__}.{name}")

    # ---------------------------------------------------------------------------------------------
    # Arguments

    def _argument(self, x: Any) -> None:
        kind, i = type(x), len(self._leaves)
        if kind is dict or isinstance(x, list | tuple):
            if self._static:  # leaves are replaced by their indices
                raise NoGateError("a nested argument")
            self._spec(_DICT if kind is dict else _SEQUENCE, kind, tuple(x), count=len(x))
            for e in x.values() if kind is dict else x:
                self._argument(e)
            return
        first = next((k for k, known in enumerate(self._leaves) if known is x), -1)
        self._leaves.append(x)
        self._types.append(kind)
        if isinstance(x, dict | Value | np.random.Generator | np.random.RandomState):
            raise NoGateError(kind.__name__)
        if i in self._static or kind in STATIC:
            self._spec(_SAME, kind, x)
        elif kind is Tensor or isinstance(x, Tensor):
            data, node = x._data, x._node
            if node is not None and type(node) is not ArrayNode:
                raise NoGateError(type(node).__name__)
            self._spec(_TENSOR, kind, None, data.dtype, data.shape, first, node is not None)
        elif kind is np.ndarray:
            self._spec(_ARRAY, kind, None, x.dtype, x.shape, first)
        elif kind in (float, int) or isinstance(x, np.generic):
            self._spec(_NUMBER, kind, None)
        else:
            self._spec(_SAME, kind, x)

    def _spec(
        self,
        form: int,
        kind: Any,
        content: Any,
        dtype: Any = _FLOAT64,
        shape: tuple[int, ...] = (),
        first: int = -1,
        node: bool = False,
        count: int = 0,
    ) -> None:
        if dtype.kind not in "biuf":
            raise NoGateError(dtype.name)
        self.specs.append((form, kind, content, dtype, shape, first, int(node), count))

    # ---------------------------------------------------------------------------------------------
    # Places and facts

    def _place(self, place: Place) -> int:
        key = _identity(place)
        if key not in self._numbers:
            row = self._row(place)
            self._numbers[key] = len(self.places)
            self.places.append(row)
        return self._numbers[key]

    def _row(self, place: Place) -> Any:
        kind, key, owner = place.kind, place.key, place.owner
        inner, offset = -1, 0
        if type(owner) is Place and owner.kind != "itself":
            inner = self._place(owner)
        owner = self._held(owner) if type(owner) is Place else owner
        if kind in ("attribute", "slot"):
            try:
                kind, offset = "slot", self._offset(type(owner), key)
            except NoGateError:
                kind = "attribute"
        elif kind in ("leaf", "item"):
            offset = key
        return _PLACES.index(kind), inner, type(owner) if inner >= 0 else owner, key, offset

    def _held(self, place: Place) -> Any:
        """Return the object at a place now."""
        if place.kind == "leaf":
            return self._leaves[place.key]
        owner = self._held(place.owner) if type(place.owner) is Place else place.owner
        return owner if place.kind == "itself" else getattr(owner, place.key)

    def fact(self, fact: Fact) -> None:
        """Add a condition."""
        if isinstance(fact, Is | Equal) and fact.place.kind == "entry":
            owner, key = fact.place.owner, fact.place.key
            if type(key) not in (str, int):  # comparing it might run Python code
                raise NoGateError("a key")
            entries = self._entries(owner)
            entries.keys.append(key)
            entries.seen.append(fact.content)
        elif isinstance(fact, Keys):
            self._entries(fact.container).all = tuple(fact.keys)
        elif isinstance(fact, Is | Equal):
            if fact.place.kind == "context":  # faster to find than a default
                fact.place.owner.set(fact.content)
            self.facts.append((_IS, self._place(fact.place), fact.content, 0))
        elif isinstance(fact, Length):
            self.facts.append((_LENGTH, 0, fact.container, fact.length))
        elif isinstance(fact, Given):
            place = self._place(Place("slot", fact.node, "_grad"))
            self.facts.append((_GIVEN, place, None, int(fact.given)))
        elif isinstance(fact, Form):
            self.facts.append((_FORM, self._place(fact.place), None, len(self.specs)))
            self._spec(_TENSOR, None, None, fact.dtype, fact.shape)
        elif isinstance(fact, Apart):
            self.facts.append((_APART, self._place(fact.place), fact.others, 0))
        elif isinstance(fact, Laid):
            raise NoGateError("a layout")
        elif isinstance(fact, Holds):
            self.holds.append(fact.ask)
        else:
            settings = fact.settings
            source, slot = settings.source, settings.slot if settings.timed else None
            offset = 0 if slot is None else self._offset(type(slot), "steps")
            known = self._offset(type(settings), "seen")
            row = settings, known, settings.same, source, settings.names, slot, offset
            self.fresh.append(row)

    def _entries(self, mapping: Any) -> Entries:
        return self.dicts.setdefault(id(mapping), Entries(mapping))

    # ---------------------------------------------------------------------------------------------
    # Changes and results

    def change(self, change: Change) -> None:
        """Add the changes that a call makes."""
        owner = change.place.owner
        if type(owner) is Place:
            if owner.kind != "itself":
                raise NoGateError("a change of an argument")
            owner = owner.owner
        kind = ("result", "none", "date", "count").index(change.kind)
        self.sets.append((kind, owner, self._offset(type(owner), change.place.key), change.n))

    def output(self, plan: Plan, n: int) -> None:
        """Add a leaf of the returned value; ``n`` is the index of the result that it needs."""
        if plan.holder is not None:
            if plan.holder.position is None:
                self._output(_CONSTANT, content=plan.holder.fixed)
            else:
                self._output(_LEAF, plan.holder.position)
        elif isinstance(plan.value, np.ndarray):
            raise NoGateError("an array made in the function")
        elif plan.step is None:
            self._output(_CONSTANT, content=plan.value)
        elif plan.tensor:
            if plan.leaf or plan.step.weak:
                raise NoGateError("a tensor made in the function")
            self._output(_WRAPPED, n, Tensor, plan.step.shape, plan.node)
        elif plan.array and not plan.step.shape:
            raise NoGateError("a 0-d array")
        else:
            self._output(_PLAIN, n)

    def _output(
        self, form: int, n: int = 0, kind: Any = None, shape: Any = (), node: Any = None,
        content: Any = None,
    ) -> None:  # fmt: skip
        self.outputs.append((form, n, kind, shape, node, content))


def _identity(place: Place) -> Any:
    owner, key = place.owner, place.key
    named = (type(key), key) if isinstance(key, str | int) else id(key)
    return place.kind, named, _identity(owner) if type(owner) is Place else id(owner)


def rebuilding(rebuild: Any, count: int) -> Any:
    """Return how a gate nests so many leaves: None, a type, or the function itself."""
    found = rebuild(list(range(count)))
    if found == 0 and type(found) is int:
        return None
    flat = type(found) in (tuple, list) and list(found) == list(range(count))
    return type(found) if flat and all(type(x) is int for x in found) else rebuild

"""x W + b of small arrays in fewer calls of NumPy, where parameters are slices of one flat array.

If b follows W there and x is a single row, both form one matrix, and x gets a 1 appended: a single
product. The -(x W + b) of a sigmoid takes W and b from a negated copy of the flat array, which is
made once for all layers. If x has more rows, b is repeated for each, for all layers at once. Next:
`../emit/`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..cache import address
from ..program import Step
from .flat import parts
from .rewriter import is_elementwise

Array = np.ndarray[Any, Any]
# Up to this many numbers are negated in the time of a call
CALL = 512
# Up to results of this size it pays to repeat b for each row
TILED = 1024


class Affine(NamedTuple):
    """The steps that compute x W + b, or its negative.

    Attributes
    ----------
    product : Step
        The step of x W.
    row : Array or None
        The array of x and a 1, if it is a single product; x is computed into it.
    weight : Array
        W or its negative, with b as the last row if it is a single product.
    shift : Array or None
        b or its negative, if it is to be added.
    """

    product: Step
    row: Array | None
    weight: Array
    shift: Array | None = None


class Flat:
    """A flat array of parameters, and its negated copy if that saves calls."""

    def __init__(self, whole: Array) -> None:
        self.whole = whole
        self.address = address(whole)
        self.negated: Array | None = None
        self.count = 0

    def start(self, part: Array) -> int | None:
        """Return the start of a slice; None for any other array."""
        whole = self.whole
        if part.dtype != whole.dtype or not part.flags.c_contiguous:
            return None
        first = (address(part) - self.address) // whole.itemsize
        return first if 0 <= first <= whole.size - part.size else None


class Layer(NamedTuple):
    """The steps of x W, x W + b and the negative, if nothing else needs them."""

    product: Step
    total: Step | None
    negative: Step | None
    flat: Flat
    weight: int
    shift: int


class Layers:
    """The layers of a program whose parameters are slices of one flat array.

    Parameters
    ----------
    order : sequence of Step
    users : mapping of Step to sequence of Step
        The steps of the order that each is an argument of.
    bound : mapping of Step to array
        Inputs that are the same arrays at every call.
    wholes : sequence of array
        The flat arrays.
    """

    def __init__(
        self,
        order: Sequence[Step],
        users: Mapping[Step, Sequence[Step]],
        bound: Mapping[Step, Array],
        wholes: Sequence[Array],
    ) -> None:
        self.order, self.users, self.bound = order, users, bound
        self.flats = [Flat(whole) for whole in wholes]
        self.found: list[Layer] = []
        self.tiles: list[Tiles] = []

    def look(self, outside: Collection[Step]) -> None:
        """Look for the layers.

        Parameters
        ----------
        outside : collection of Step
            Steps that are also needed elsewhere, or have storage already.
        """
        for k, step in enumerate(self.order) if self.flats else ():
            if step.kind == "product" and step not in outside:
                layer = self._layer(k, step, outside)
                if layer is not None:
                    self.found.append(layer)
                    layer.flat.count += layer.negative is not None
        for f in self.flats:
            if f.whole.size <= CALL * (f.count - 1):
                f.negated = np.empty_like(f.whole)

    @property
    def negated(self) -> list[Flat]:
        """The flat arrays that have a negated copy."""
        return [f for f in self.flats if f.negated is not None]

    def _layer(self, k: int, step: Step, outside: Collection[Step]) -> Layer | None:
        """Return the layer whose product this is, if its W and b are in one flat array."""
        x, w = step.arguments
        if step.name != "matmul" or w not in self.bound or not len(x.shape) == len(w.shape) == 2:
            return None
        b, total, last = w, self._next(k, step), step
        if total is not None and is_elementwise(total, "add") and total.arguments[0] is step:
            b, last = total.arguments[1], total
        else:
            total = None
        if b not in self.bound or (b is not w and b.shape != w.shape[1:]):
            return None
        negative = None if last in outside else self._next(k + (last is total), last)
        if negative in outside or not self._is_for_exp(negative):
            negative = None
        for f in self.flats:
            weight, shift = f.start(self.bound[w]), f.start(self.bound[b])
            if weight is not None and shift is not None and x.dtype == step.dtype == last.dtype:
                return Layer(step, total, negative, f, weight, shift)
        return None

    def _next(self, k: int, step: Step) -> Step | None:
        """Return the only user of step number k, if it comes right after it."""
        found = self.order[k + 1 : k + 2]
        return found[0] if found and self.users[step] == found else None

    def _is_for_exp(self, step: Step | None) -> bool:
        """Whether this is the negation of a sigmoid, for which the sign of zero does not matter."""
        if step is None or not is_elementwise(step, "negative"):
            return False
        return all(is_elementwise(u, "exp") for u in self.users[step])

    def replacements(self, row: Callable[[Step], Array | None]) -> dict[Step, Affine]:
        """Return layers that need fewer calls, by the steps that they replace.

        Parameters
        ----------
        row : callable
            Gives an array for x and a 1, or None where x cannot be computed in it.
        """
        found = {}
        tiles: dict[int, Tiles] = {}
        for layer in self.found:
            product, last, whole = layer.product, layer.total or layer.product, layer.flat.whole
            if layer.negative is not None and layer.flat.negated is not None:
                last, whole = layer.negative, layer.flat.negated
            x, w = product.arguments
            end, size = layer.weight + w.size, w.shape[1]
            one = row(x) if layer.shift == end and x.shape[0] == 1 else None
            if one is not None:
                found[last] = Affine(
                    product, one, whole[layer.weight : end + size].reshape(-1, size)
                )
                continue
            shift = whole[layer.shift : layer.shift + size]
            way = Affine(product, None, whole[layer.weight : end].reshape(w.shape), shift)
            if layer.total is None:
                way = way._replace(shift=None)
            elif size == last.size:
                way = way._replace(shift=shift.reshape(last.shape))
            elif last.size <= TILED:
                tiles.setdefault(id(whole), Tiles(whole, [])).layers.append(
                    (last, way, layer.shift)
                )
            if last is layer.negative:
                found[last] = way
        self.tiles = [t for t in tiles.values() if len(t.layers) > 1]
        for t in self.tiles:
            found |= t.replacements()
        return found


class Tiles:
    """The b of layers, each as often as x has rows: NumPy adds two arrays of one shape faster.

    Attributes
    ----------
    whole, index, out : array
        All are taken from a flat array by one call.
    """

    def __init__(self, whole: Array, layers: list[tuple[Step, Affine, int]]) -> None:
        self.whole, self.layers = whole, layers

    def replacements(self) -> dict[Step, Affine]:
        """Return the layers with their b as arrays of the shape of the result."""
        places = [
            np.broadcast_to(np.arange(start, start + last.shape[1]), last.shape).ravel()
            for last, _, start in self.layers
        ]
        self.index = np.concatenate(places)
        self.out = np.empty(self.index.size, self.whole.dtype)
        steps = [last for last, _, _ in self.layers]
        pairs = zip(self.layers, parts(self.out, steps), strict=True)
        return {last: way._replace(shift=part) for (last, way, _), part in pairs}

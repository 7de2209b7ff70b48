"""The layers of a model of tensors, found in the graph of one run. Next: `values.py`.

Every product with a matrix of parameters is a layer, whatever module or function it stands in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, Value, topological_order
from autograd.array_nodes.node import values_of

from ..modules.module import Module
from .layers import ACTIVATIONS, SYMBOLS, Array, Layer, Network, Shortcut, forget, swept


def read_tensors(twin: Module, batch: Any, targets: Any, loss: Any) -> Network:
    """Run a model that may be changed, and return its layers."""
    if any(isinstance(p, Value) for p in twin.parameters()):
        raise _no_layer(twin)
    frozen = {id(p) for p in twin.parameters() if not p.requires_grad}
    names = {id(p): name for name, p in twin.named_parameters()}
    twin.requires_grad_(True)
    skipped = _note_skipped(twin)
    x = _input_of(twin, batch)
    output = _output_of(twin, x, batch)
    value = swept(output, targets, loss)
    graph = _Reading(twin, names, output, skipped)
    layers = graph.layers(frozen)
    network = Network(layers, None if batch is None else int(x.shape[0]), value)
    forget(network, batch is None, value is None)
    return network


def _input_of(twin: Module, batch: Any) -> Tensor:
    """Return the batch as a leaf that requires a gradient; a row of zeros if none is given."""
    if batch is None:
        widths = [m.in_features for m in twin.modules() if hasattr(m, "in_features")]
        matrices = [p.shape[0] for p in twin.parameters() if len(p.shape) == 2]
        if not widths and not matrices:
            raise _no_layer(twin)
        twin.eval()
        data: Any = np.zeros((1, (widths or matrices)[0]))
    else:
        data = np.array(batch.data if isinstance(batch, Tensor) else batch)
        if data.ndim == 0 or (data.ndim == 1 and data.dtype.kind == "f"):
            data = data.reshape(1, -1)
        if data.dtype.kind not in "fiub" or not data.size:
            raise ValueError(
                f"draw_network: batch holds rows of real numbers, got shape {data.shape} of "
                f"{data.dtype}"
            )
    return Tensor(data, requires_grad=data.dtype.kind == "f")


def _output_of(twin: Module, x: Tensor, batch: Any) -> Any:
    try:
        output = twin(x)
    except Exception as error:
        if batch is not None:
            raise
        raise ValueError(
            f"draw_network could not run {type(twin).__name__} on a row of {x.shape[1]} zeros "
            f"({type(error).__name__}: {error}); give a batch it takes"
        ) from error
    if not isinstance(output, Tensor):
        raise TypeError(
            f"draw_network draws models that return one Tensor, {type(twin).__name__} returned "
            f"{type(output).__name__}"
        )
    return output


def _no_layer(twin: Module) -> ValueError:
    return ValueError(
        f"draw_network found no layer in {type(twin).__name__}: no product of its input with a "
        "matrix of parameters, as in nn.Linear; draw(loss) draws any graph"
    )


def _note_skipped(twin: Module) -> list[tuple[Any, str]]:
    """Watch for modules that return their input as it is, as these leave no node in the graph."""
    found: list[tuple[Any, str]] = []

    def watched(module: Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        def run(*inputs: Any, **options: Any) -> Any:
            output = forward(*inputs, **options)
            x = inputs[0] if inputs else None
            if isinstance(output, Tensor) and isinstance(x, Tensor) and output.node is x.node:
                found.append((x.node, module.title()))
            return output

        return run

    for module in twin.modules():
        if len(module.modules()) == 1:
            module.__dict__["forward"] = watched(module, module.forward)
    return found


class _Reading:
    """The graph of a run, and the layers in it."""

    def __init__(
        self, twin: Module, names: dict[int, str], output: Tensor, skipped: list[tuple[Any, str]]
    ) -> None:
        self.twin, self.names, self.skipped = twin, names, skipped
        self.output = output.node
        self.order: list[Any] = list(topological_order(self.output))
        self.place = {node: i for i, node in enumerate(self.order)}
        self.values = values_of(self.output)
        self.parameters = {p.node: p for p in twin.parameters()}
        self.modules = dict(twin.named_modules())
        self.layer_of: dict[Any, int] = {}
        self.symbols: dict[Any, str] = {}
        self.children: dict[Any, list[Any]] = {}
        for node in self.order:
            for x in node.inputs:
                self.children.setdefault(id(x), []).append(node)

    def layers(self, frozen: set[int]) -> list[Layer]:
        """Return the layers in the order of the run, checked to be a chain."""
        products = [node for node in self.order if self._weight(node) is not None]
        if not products:
            raise _no_layer(self.twin)
        found: list[Layer] = []
        sources: list[tuple[Any, bool]] = [self._source(node) for node in products]
        before = None
        self._number(products, sources[0][0])
        for node, (source, _) in zip(products, sources, strict=True):
            stages, entries = self._stages(before, source, node)
            if before is None:
                o = self._rows(source)
                grad = self._grad_rows(source)
                found.append(Layer(o.shape[1], o=o, o_grad=grad, steps=stages, stages=stages))
            else:
                self._after(found, source, stages, entries)
            self.symbols[source] = "O"
            layer, before = self._layer(node, frozen)
            self.symbols.setdefault(before, "Z")
            found.append(layer)
        self._after(found, self.output, *self._stages(before, self.output, None))
        for (_, column), layer in zip(sources, found[1:], strict=True):
            if column and layer.weight is not None:
                layer.in_weight = True
                layer.weight, layer.bias = layer.weight[:-1], layer.weight[-1]
                if layer.weight_grad is not None:
                    layer.bias_grad, layer.weight_grad = (
                        layer.weight_grad[-1],
                        layer.weight_grad[:-1],
                    )
        return found

    def _number(self, products: list[Any], source: Any) -> None:
        """Note the last layer that every node depends on: 0 is the input, -1 is none."""
        place = {node: k for k, node in enumerate(products, 1)}
        for node in self.order:
            for p in node.parents:
                given = p.requires_grad and p not in self.parameters
                self.layer_of.setdefault(p, 0 if given or p is source else -1)
            before = max((self.layer_of[p] for p in node.parents), default=-1)
            self.layer_of[node] = place.get(node, max(before, 0) if node is source else before)

    def _weight(self, node: Any) -> Tensor | None:
        if node.op.name not in ("linear", "matmul"):
            return None
        p = self.parameters.get(node.inputs[1])
        return p if p is not None and len(p.shape) == 2 else None

    def _source(self, node: Any) -> tuple[Any, bool]:
        """Return the input of a layer, and whether a column of ones was appended to it."""
        x = node.inputs[0]
        if getattr(x, "op", None) is not None and x.op.name == "concatenate":
            given, ones = x.inputs if len(x.inputs) == 2 else (x, x)
            if not getattr(ones, "requires_grad", False):
                ones = np.asarray(ones if isinstance(ones, np.ndarray) else ones.data)
                if ones.shape[-1:] == (1,) and (ones == 1).all():
                    return given, True
        return x, False

    def _layer(self, node: Any, frozen: set[int]) -> tuple[Layer, Any]:
        weight, z = self._weight(node), node
        assert weight is not None
        bias = self.parameters.get(node.inputs[2]) if node.op.name == "linear" else None
        users = self.children.get(id(node), [])
        if bias is None and len(users) == 1 and users[0].op.name == "add":
            # a product and a sum written by hand
            other = [x for x in users[0].inputs if x is not node]
            bias = self.parameters.get(other[0]) if other else None
            z = users[0] if bias is not None else node
        name = self.names[id(weight)]
        layer = Layer(
            weight.shape[1],
            path=name.rpartition(".")[0],
            label=weight.label if weight.label != name else "",
            weight=weight.numpy(),
            weight_grad=_grad(weight, frozen),
            bias=None if bias is None else bias.numpy().reshape(-1),
            bias_grad=None if bias is None else _grad(bias, frozen, flat=True),
            z=self._rows(z),
            z_grad=self._grad_rows(z),
        )
        return layer, z

    def _stages(
        self, start: Any, end: Any, product: Any
    ) -> tuple[list[str], list[tuple[Any, int]]]:
        """Return the operations between the output of one layer and the input of the next.

        And nodes of earlier layers, each with the index of the operation that takes it.
        """
        met, stack, reached = set(), [end], start is None
        earlier = -1 if start is None else self.place[start]
        while stack:
            node = stack.pop()
            if node is start:
                reached = True
            elif self.place.get(node, -1) > earlier and node not in met:
                met.add(node)
                stack.extend(node.parents)
        if not reached:
            where = "the output" if product is None else f"{product.scope or 'a layer'!r}"
            raise ValueError(
                f"draw_network draws chains of layers, and {where} does not depend on "
                f"{start.scope or 'the layer before it'!r}; draw(loss) draws any graph"
            )
        found: list[str] = []
        entries: list[tuple[Any, int]] = []
        nodes = sorted(met, key=self.place.__getitem__)
        last = None
        for node in [*([] if start is None else [start]), *nodes]:
            if node is not start:
                module = self.modules.get(node.scope)
                leaf = module is not None and len(module.modules()) == 1 and module is not self.twin
                if not leaf:
                    found.append(node.op.name)
                elif node.scope != last:
                    found.append(module.title())  # type: ignore[union-attr]
                last = node.scope if leaf else None
                entries += [(p, len(found) - 1) for p in node.parents if p not in met]
            found += [title for x, title in self.skipped if x is node]
        if start is None and end not in met:
            found += [title for x, title in self.skipped if x is end]
        return found, entries

    def _after(
        self, layers: list[Layer], o: Any, stages: list[str], entries: list[tuple[Any, int]]
    ) -> None:
        """Set the fields of the last layer that come after its product."""
        layer, rows = layers[-1], self._rows(o)
        layer.steps = stages
        taken = {}
        for k, stage in enumerate(stages):
            symbol = SYMBOLS.get(stage.partition("(")[0], stage)
            if symbol in ACTIVATIONS and not layer.activation:
                layer.activation = symbol
            else:
                taken[k] = len(layer.stages)
                layer.stages.append(stage)
        for node, k in entries:
            source = self.layer_of[node]
            if k in taken and 0 <= source < len(layers) - 1:
                layer.shortcuts.append(Shortcut(source, self.symbols.get(node, ""), taken[k]))
        if rows.shape[1] != layer.units:
            where = f"{layer.path!r} of " if layer.path else ""
            raise ValueError(
                f"draw_network: a layer {where}{layer.units} units is followed by one of "
                f"{rows.shape[1]} inputs (after {', '.join(stages) or 'nothing'}), which no "
                "diagram of units can show; draw(loss) draws any graph"
            )
        layer.o, layer.o_grad = rows, self._grad_rows(o)

    def _rows(self, node: Any) -> Array:
        data = self.values.get(node)
        data = np.asarray(node.data if data is None else data)
        return data.reshape(-1, data.shape[-1]) if data.ndim else data.reshape(1, 1)

    def _grad_rows(self, node: Any) -> Array | None:
        g = getattr(node, "grad", None)
        if g is None:
            return None
        g = np.asarray(g)
        return np.array(g.reshape(-1, g.shape[-1]) if g.ndim else g.reshape(1, 1))


def _grad(p: Tensor, frozen: set[int], flat: bool = False) -> Array | None:
    g = p.grad
    if g is None or id(p) in frozen:
        return None
    g = np.array(g.data if isinstance(g, Tensor) else g)
    return g.reshape(-1) if flat else g

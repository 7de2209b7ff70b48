"""Changes of anything that a function reads beside its arguments show in the next call.

Each thing that can be changed is a factor, read by a function of Values and by one of Tensors.
"""

from unittest import mock

import numpy as np
import pytest

import nn.scalar
from autograd import Tensor, Value
from autograd.jit import jit
from autograd.jit.c import caller as c_caller
from autograd.jit.c.build import compiler
from autograd.jit.call import gate
from autograd.jit.tape import watched

from . import (
    reads_of_attributes,  # noqa: F401
    reads_of_classes,  # noqa: F401
    reads_of_containers,  # noqa: F401
    reads_of_functions,  # noqa: F401
)
from .reads import KINDS, UNSEEN, Holder

NUMBER = 2.0
BACKENDS = {"Value": (Value, "auto"), "NumPy": (Tensor, "numpy")}
if compiler() is not None:
    BACKENDS |= {"Value in C": (Value, "c"), "C": (Tensor, "c")}


def number(k):
    """Return an entry of an array as what multiplies a Value."""
    return k.item() if type(k) is np.ndarray and not k.ndim else k


def function_of(read):
    """Return a function of x; what takes no argument reads a factor."""
    code = getattr(read, "__code__", None)
    if code is None or code.co_argcount:
        return read
    return lambda x: x * number(read())


def of(x):
    return np.ravel(getattr(x, "data", x))[0]


def prepared(make, backend, check_every=0):
    """Return the function, the jitted one which was called, its argument, and the change."""
    node, engine = BACKENDS[backend]
    read, change = make()
    f = function_of(read)
    fast = jit(f, backend=engine, check_every=check_every)
    x = node(3.0) if node is Value else Tensor([3.0, 1.0], requires_grad=True)
    for _ in range(3):  # the third goes through the gate, if there is one
        assert of(fast(x)) == of(f(x)) == 6.0
    return f, fast, x, change


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", KINDS)
def test_a_change_is_seen(name, backend):
    f, fast, x, change = prepared(KINDS[name], backend)
    change()
    for _ in range(2):
        assert of(fast(x)) == of(f(x)) == 21.0


@pytest.mark.parametrize("name", KINDS)
def test_a_change_is_seen_without_a_compiler(name, monkeypatch):
    monkeypatch.setattr(watched, "loaded", lambda: None)
    test_a_change_is_seen(name, "Value")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", UNSEEN)
def test_what_no_guard_can_see_is_found_by_comparing(name, backend):
    _, fast, x, change = prepared(UNSEEN[name], backend, check_every=5)
    change()
    assert of(fast(x)) == 6.0
    with pytest.raises(RuntimeError, match="differs from"):
        fast(x)


@pytest.mark.parametrize("backend", ["auto", *(["c"] if compiler() is not None else [])])
def test_parameters_and_layers_that_are_exchanged(backend):
    model = nn.scalar.MLP(2, [3, 1], rng=0)
    fast = jit(lambda x: model(x), backend=backend)
    x = [0.5, -1.0]

    def new_parameter():
        model.layers[0].neurons[1].w[0] = Value(0.25)

    def new_layer():
        model.layers.append(nn.scalar.Layer(1, 2, rng=1))

    for change in (lambda: None, new_parameter, new_layer):
        change()
        found, expected = (np.ravel(f(x)) for f in (fast, model))
        assert [z.data for z in found] == [z.data for z in expected]


@pytest.mark.skipif(compiler() is None or c_caller.extension() is None, reason="needs a compiler")
def test_a_gate_looks_into_dicts_alone():
    f = jit(lambda x: x * NUMBER, backend="c")
    for _ in range(3):
        f(np.ones(2))
    rows = []

    class Described(gate.Description):
        def make(self, *arguments):
            rows.append([x.row() for x in self.dicts.values()])
            for x in self.dicts.values():
                x.row = lambda: (vars(Holder), (), (), None)
            return super().make(*arguments)

    recording = f._kept[next(iter(f._kept))][0]
    with mock.patch("autograd.jit.call.gate.Description", Described):
        recording._bind()
        with pytest.raises(TypeError, match="a gate looks into dicts, not into <class 'mappingpr"):
            recording._gate_of(((np.ones(2),), {}, set()), *recording._gated)
    assert rows

"""Small linear layers in fewer calls: W and b in one product, negated for sigmoids."""

import re
from itertools import pairwise

import numpy as np
import pytest

from autograd import Tensor, leaky_relu, linear, sigmoid, squared_error
from autograd.jit import jit
from nn import RMSProp
from nn.optim import SGD, Adam


def layers_of(sizes, dtype=np.float64):
    """Return weights and biases, the same at every call."""
    draw = np.random.default_rng(5).normal
    return [
        tuple(
            Tensor(draw(size=shape).astype(dtype), requires_grad=True) for shape in ((a, b), (b,))
        )
        for a, b in pairwise(sizes)
    ]


def train(forward, parameters, x, optimizer=SGD, jitted=True, lr=0.3, head=None, between=None):
    """Return losses and parameters after some steps, and the source of the program."""
    optimizer = optimizer(parameters, lr=lr)

    def step(x):
        out = forward(x)
        goal = np.resize(np.linspace(-1, 1, out.shape[1]).astype(out.dtype), out.shape)
        loss = squared_error(out if head is None else head(out), goal, 0.5)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss, out

    run = jit(step, backend="numpy") if jitted else step
    found = []
    for k in range(6):
        loss, out = run(x)
        found += [loss.data, np.array(out.data), *(p.grad.copy() for p in parameters)]
        if between is not None:
            between(k)
    found += [p.data.copy() for p in parameters]
    return found, run.source(x) if jitted else ""


def agree(make, rtol=1e-12, **options):
    """Compare training under jit with training as it is; return the source."""
    ours, source = train(*make(), **options)
    theirs, _ = train(*make(), **options, jitted=False)
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)
    return source


def network(n, sizes=(4, 3, 5, 2), bias=True, dtype=np.float64, activation=sigmoid):
    def make():
        layers = layers_of(sizes, dtype)
        x = Tensor(np.random.default_rng(0).normal(size=(n, sizes[0])).astype(dtype))

        def forward(x):
            for w, b in layers:
                x = activation(linear(x, w, b) if bias else x @ w)
            return x

        return forward, [p for layer in layers for p in (layer if bias else layer[:1])], x

    return make


@pytest.mark.parametrize("optimizer", [SGD, Adam])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("n", [1, 6])
def test_sigmoids_take_negated_parameters(n, bias, dtype, optimizer):
    make = network(n, bias=bias, dtype=dtype)
    source = agree(make, optimizer=optimizer, rtol=1e-12 if dtype is np.float64 else 1e-5)
    body = source.partition("subtract")[0]
    assert body.count("negative(") == 1
    # after the first, whose x is given: 1 + exp, and b where there are several rows
    biases = 3 if n > 1 else 1
    assert body.count("add(") == 3 + (biases if bias else 0)


def test_one_product_for_a_row():
    leaky = network(1, activation=lambda z: leaky_relu(z, 0.1))
    source = agree(leaky)
    assert source.count("add(") == 1
    assert "negative" not in source
    assert agree(network(2, activation=lambda z: leaky_relu(z, 0.1))).count("add(") == 3


def test_layers_of_other_forms():
    draw = np.random.default_rng(1).normal
    x = Tensor(draw(size=(1, 4)))

    def make():
        (w, b), (u, c), (v, d) = layers_of((4, 4, 4, 4))

        def forward(x):
            # one W twice, two layers in a row, a sum that is needed as well, two of one x
            h = sigmoid(linear(x, w, b))
            z = linear(linear(h, w, b), u, c)
            k = sigmoid(z) + z * sigmoid(linear(h, v, d)) + sigmoid(linear(h, v, b))
            return sigmoid(k @ v + d * 2) - np.exp(-linear(k, u, d)) + np.tanh(-linear(k, v, d))

        return forward, [w, b, u, c, v, d], x

    agree(make, rtol=1e-10, lr=1e-3, head=np.tanh)
    # what is no sigmoid may see the sign of a zero
    assert "negative(p" not in agree(network(2, activation=lambda z: np.tanh(-z)))


def test_two_towers_and_what_they_return():
    def make():
        (w, b), (u, c), (v, d) = layers_of((3, 3, 3, 3))
        x = Tensor(np.random.default_rng(2).normal(size=(1, 3)))

        def forward(x):
            h = np.tanh(x * 2)
            one, other = sigmoid(linear(h, w, b)), sigmoid(linear(h, u, c))
            return linear(one, v, d) * linear(other, w, b) + linear(one * other, v, d)

        return forward, [w, b, u, c, v, d], x

    agree(make)
    for head in (sigmoid, lambda z: sigmoid(z) + z):
        agree(make, head=head)


@pytest.mark.parametrize("n", [1, 2])
def test_a_product_that_is_returned(n):
    def make():
        (w, b), (u, d), (v, _) = layers_of((3, 3, 3, 3))
        shift[:] = [d]
        x = Tensor(np.random.default_rng(2).normal(size=(n, 3)))
        return lambda x: sigmoid(sigmoid(linear(x, w, b)) @ u) @ v, [w, b, u, v, d], x

    shift = []
    source = agree(make, head=lambda z: sigmoid(z) * sigmoid(z + shift[0]))
    assert source.count("negative(") > 2
    agree(make, head=lambda z: sigmoid(z + shift[0]))


@pytest.mark.parametrize("n", [1, 3])
def test_parameters_that_are_changed_or_exchanged(n):
    def make():
        forward, parameters, x = network(n)()
        changed.append(parameters)
        return forward, parameters, x

    def between(k):
        w, b = changed[-1][2:4]
        if k == 1:
            w.data[0] += 0.5
        elif k == 3:
            w.data, b.data = w.data * 0.5, b.data + 1.0

    changed = []
    agree(make, between=between)


def test_parameters_of_two_functions():
    layers = layers_of((3, 3, 3, 3))
    parameters = [p for layer in layers for p in layer]
    x = Tensor(np.random.default_rng(2).normal(size=(1, 3)))

    def forward(x, order):
        for k in order:
            x = sigmoid(linear(x, *layers[k]))
        return x

    start = [p.data.copy() for p in parameters]
    results = []
    for jitted in (True, False):
        for p, old in zip(parameters, start, strict=True):
            p.data = old.copy()
        found = []
        for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
            more, source = train(lambda x, o=order: forward(x, o), parameters, x, jitted=jitted)
            found += more
            # one update of all parameters, in whatever order they are met
            assert len(re.findall(r", in\d+, b", source)) == jitted
        results.append(found)
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("optimizer", [SGD, Adam, RMSProp])
def test_an_optimizer_that_has_stepped_before(optimizer, monkeypatch):
    forward, parameters, x = network(2)()
    optimizer = optimizer(parameters, lr=0.1)
    asked = []
    prepare = type(optimizer)._prepare

    def noted(self, slot):
        asked.append(slot)
        return prepare(self, slot)

    monkeypatch.setattr(type(optimizer), "_prepare", noted)

    def step(x):
        optimizer.zero_grad()
        forward(x).sum().backward()
        optimizer.step()

    step(x)
    step(x)
    compiled = jit(step, backend="numpy")
    compiled(x)
    # one update of all parameters, as the optimizer itself holds none of their arrays any more
    assert len(re.findall(r"subtract\(p\d+, ", compiled.source(x))) == 1
    compiled(x)
    asked.clear()
    for _ in range(3):
        compiled(x)
    # its numbers are computed anew only where they depend on the time
    assert len(asked) == (3 if type(optimizer) is Adam else 0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("activation", [sigmoid, np.tanh, leaky_relu])
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_shifts_are_repeated_for_all_rows_at_once(activation, optimizer, dtype):
    rtol = 1e-12 if dtype is np.float64 else 1e-4
    make = network(7, (4, 3, 5, 1, 2), activation=activation, dtype=dtype)
    source = agree(make, rtol=rtol, optimizer=optimizer)
    assert source.count(".take(") == 1


def test_shifts_are_repeated_where_that_takes_less_time():
    def repeated(n, sizes, **options):
        return agree(network(n, sizes, **options)).count(".take(")

    assert repeated(7, (4, 3, 5)) == 1
    assert repeated(7, (4, 3)) == 0  # of one layer
    assert repeated(7, (4, 300, 300, 300)) == 0  # of large ones
    assert repeated(1, (4, 3, 5)) == 0  # of one row
    assert repeated(7, (4, 3, 5), bias=False) == 0


def test_shifts_that_change_between_calls():
    make = network(6, (4, 3, 5, 2), activation=np.tanh)

    def changed():
        forward, parameters, x = make()
        return forward, parameters, x, parameters[1]

    found = []
    for jitted in (True, False):
        forward, parameters, x, shift = changed()

        def between(k, shift=shift):
            shift.data += 0.5 if k == 2 else 0.0
            if k == 4:
                shift.data = np.full(3, 0.25)

        found.append(train(forward, parameters, x, jitted=jitted, between=between)[0])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)

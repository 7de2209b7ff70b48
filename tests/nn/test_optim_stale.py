"""A step by a gradient that holds the one of an earlier step is warned of, and nothing else is."""

import numpy as np
import pytest

import nn
from autograd import Tensor, jit

DATA = nn.data.moons(40, rng=0)
LOSS = nn.CrossEntropyLoss()
OPTIMIZERS = {
    "plain": lambda p: nn.SGD(p, lr=0.1),
    "momentum": lambda p: nn.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
    "RMSProp": lambda p: nn.RMSProp(p, lr=0.01),
}


@pytest.fixture(params=OPTIMIZERS)
def training(request):
    model = nn.MLP([2, 4, 2], rng=0)
    return model, OPTIMIZERS[request.param](model.parameters())


def backward(model, **options):
    LOSS(model(DATA.x), DATA.y).backward(**options)


@pytest.mark.parametrize("release", [False, True])
def test_forgotten_zero_grad(training, release):
    model, optimizer = training
    backward(model, release=release)
    optimizer.step()
    for _ in range(2):
        backward(model, release=release)
        said = "gradient of 'layers.0.weight' .* holds that of an earlier step, .* call zero_grad"
        with pytest.warns(UserWarning, match=said) as seen:
            optimizer.step()
        assert len(seen) == 1
        assert seen[0].filename == __file__
    optimizer.zero_grad()
    backward(model, release=release)
    optimizer.step()


def test_the_step_is_made_all_the_same():
    w = Tensor([1.0], requires_grad=True)
    optimizer = nn.SGD([w], lr=0.25)
    (3 * w).sum().backward()
    optimizer.step()
    (3 * w).sum().backward()
    with pytest.warns(UserWarning, match="SGD.step: the gradient of leaf holds"):
        optimizer.step()
    assert w.data.tolist() == [1.0 - 0.25 * 3 - 0.25 * 6]


def test_gradients_may_be_reset_in_any_way(training, recwarn):
    model, optimizer = training

    def by_none():
        for p in model.parameters():
            p.grad = None

    def by_zeros():
        for p in model.parameters():
            p.grad[...] = 0.0

    def by_new_numbers():
        for p in model.parameters():
            p.grad = np.zeros(p.shape)

    for reset in (optimizer.zero_grad, model.zero_grad, by_none, by_zeros, by_new_numbers) * 2:
        backward(model)
        optimizer.step()
        reset()
    assert not recwarn.list


def test_gradients_of_several_batches_may_be_added(training, recwarn):
    model, optimizer = training
    for _ in range(3):
        optimizer.zero_grad()
        for _ in range(3):
            backward(model)
        optimizer.step()
    assert not recwarn.list


def test_a_gradient_may_be_used_twice(training, recwarn):
    model, optimizer = training
    backward(model)
    optimizer.step()
    optimizer.step()
    assert not recwarn.list


def test_two_optimizers_of_which_one_passes_gradients_to_the_other(recwarn):
    generator, judge = nn.MLP([2, 4, 2], rng=0), nn.MLP([2, 4, 1], rng=1)
    first = nn.Adam(judge.parameters(), lr=0.01)
    second = nn.Adam(generator.parameters(), lr=0.01)
    loss, yes = nn.BCEWithLogitsLoss(), np.ones((40, 1))
    for _ in range(3):
        first.zero_grad()
        made = generator(DATA.x).detach()
        (loss(judge(DATA.x), yes) + loss(judge(made), 1 - yes)).backward()
        first.step()
        second.zero_grad()
        loss(judge(generator(DATA.x)), yes).backward()  # adds to those of the judge, too
        second.step()
    assert not recwarn.list


def test_replayed_gradients(training, recwarn):
    model, optimizer = training

    @jit(backend="numpy")
    def gradients(x, y):
        loss = LOSS(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        return loss

    for _ in range(4):
        gradients(DATA.x, DATA.y)
        optimizer.step()
    assert not recwarn.list


def test_gradients_set_by_the_user_are_checked_at_every_step():
    w = Tensor(np.zeros(3, np.float32), requires_grad=True)
    optimizer = nn.SGD([w], lr=1.0)
    for _ in range(3):
        w.sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    numbers = np.full(3, 2.0)
    w.grad = numbers
    for _ in range(3):
        optimizer.step()
        assert not w._node._fits
    assert w.data.tolist() == [-9.0] * 3
    assert w.dtype == np.float32

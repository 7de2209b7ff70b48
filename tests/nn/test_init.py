"""Initialisers: their statistics, their randomness, and their errors."""

import copy
import pickle

import numpy as np
import pytest

from nn import Linear, init

SHAPE = (300, 200)


@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [
        ("zeros", 0, 0),
        ("ones", 1, 0),
        ("uniform", 0.5, np.sqrt(1 / 12)),
        ("normal", 0, 1),
        ("unit_uniform", 0.5, np.sqrt(1 / 12)),
        ("centered_uniform", 0, np.sqrt(1 / 3)),
        ("xavier_uniform", 0, np.sqrt(2 / 500)),
        ("xavier_normal", 0, np.sqrt(2 / 500)),
        ("he_uniform", 0, np.sqrt(2 / 300)),
        ("he_normal", 0, np.sqrt(2 / 300)),
        ("orthogonal", 0, np.sqrt(1 / 300)),
    ],
)
def test_mean_and_standard_deviation(name, mean, std):
    w = init.initialiser(name)(SHAPE, np.random.default_rng(0), np.float64)
    assert w.shape == SHAPE
    assert abs(w.mean() - mean) <= 4 * std / np.sqrt(w.size)
    assert abs(w.std() - std) <= 0.02 * std


def test_every_initialiser_is_tested_and_keeps_dtype_and_seed():
    for name, function in init.INITIALISERS.items():
        a, b = (
            function((4, 3), 7, np.float32),
            function((4, 3), np.random.default_rng(7), np.float32),
        )
        assert a.dtype == np.float32, name
        assert np.array_equal(a, b), name
        assert function((4, 3)).dtype == np.float64, name


@pytest.mark.parametrize(
    ("function", "bound"),
    [(init.xavier_uniform, np.sqrt(6 / 500)), (init.he_uniform, np.sqrt(6 / 300))],
)
def test_bounds(function, bound):
    w = function(SHAPE, 0)
    assert 0.99 * bound < np.abs(w).max() <= bound


def test_gain_and_leak():
    assert np.allclose(init.xavier_uniform((4, 3), 0, gain=2.0), 2 * init.xavier_uniform((4, 3), 0))
    assert np.allclose(init.xavier_normal((4, 3), 0, gain=2.0), 2 * init.xavier_normal((4, 3), 0))
    for function in (init.he_uniform, init.he_normal):
        assert np.allclose(function((4, 3), 0, leak=1.0) * np.sqrt(2), function((4, 3), 0))


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
def test_orthogonal(shape):
    w = init.orthogonal(2.0)(shape, 0, np.float64)
    product = w.T @ w if shape[0] >= shape[1] else w @ w.T
    assert np.allclose(product, 4 * np.eye(min(shape)))


def test_parameters_of_the_factories():
    assert (init.constant(3.0)((2, 2), None, np.float64) == 3).all()
    w = init.uniform(2, 3)(SHAPE, 0, np.float64)
    assert 2 <= w.min() < w.max() < 3
    w = init.normal(5, 0.1)(SHAPE, 0, np.float64)
    assert abs(w.mean() - 5) < 0.01


def test_e1_weights_of_the_column_network():
    old = np.random.RandomState(42)
    old.randint(1, 100, size=(5, 1))
    old.randint(1, 100, size=(4, 1))
    expected = np.random.RandomState(42)
    expected.randint(1, 100, size=(5, 1))
    expected.randint(1, 100, size=(4, 1))
    layer = Linear(3, 5, init="unit_uniform", rng=old)
    assert np.array_equal(layer.weight.data, expected.random((3, 5)))


def test_nothing_touches_the_global_generator():
    before = np.random.get_state()[1].copy()
    for function in init.INITIALISERS.values():
        function((3, 2))
    assert np.array_equal(before, np.random.get_state()[1])


def test_generator():
    given = np.random.default_rng(0)
    assert init.generator(given) is given
    assert init.generator().random() != init.generator().random()
    assert init.generator(np.int64(3)).random() == np.random.default_rng(3).random()


@pytest.mark.parametrize("rng", ["seed", True, np.random, 1.5])
def test_generator_refuses_other_things(rng):
    with pytest.raises(TypeError, match=r"rng is .*; give a numpy.random.Generator"):
        init.generator(rng)


@pytest.mark.parametrize(
    "name", ["xavier_uniform", "xavier_normal", "he_uniform", "he_normal", "orthogonal"]
)
def test_scaled_initialisers_need_a_matrix(name):
    with pytest.raises(ValueError, match=rf"{name} needs a weight matrix .*, got shape \(3,\)"):
        init.initialiser(name)((3,), 0, np.float64)


def test_unknown_initialisers():
    with pytest.raises(ValueError, match="no initialiser 'xavier'; there are zeros, ones"):
        Linear(2, 2, init="xavier")
    with pytest.raises(TypeError, match=r"init is float 0.5; give a name or a function"):
        Linear(2, 2, init=0.5)


def test_an_initialiser_of_ones_own():
    assert Linear(2, 2, init=lambda shape, rng, dtype: np.full(shape, 7)).weight.data.dtype == float
    with pytest.raises(ValueError, match=r"returned shape \(2,\) where \(2, 3\) was asked for"):
        Linear(2, 3, init=lambda shape, rng, dtype: np.ones(2))


@pytest.mark.parametrize("name", sorted(set(init.INITIALISERS) - {"zeros", "ones"}))
@pytest.mark.parametrize("dtype", ["int32", "complex64", "bool"])
def test_random_numbers_need_a_dtype_with_fractions(name, dtype):
    with pytest.raises(TypeError, match=rf"draws fractions, which {dtype} cannot hold; give a dt"):
        init.initialiser(name)((3, 4), 0, dtype)


def test_a_seed_is_not_negative():
    with pytest.raises(ValueError, match="rng is the seed -1; give an integer of at least 0"):
        init.generator(-1)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
@pytest.mark.parametrize(
    "made", [init.constant(0.5), init.uniform(-1, 2), init.normal(1, 0.5), init.orthogonal(2)]
)
def test_an_initialiser_with_settings_can_be_copied_and_pickled(made, copied):
    w = copied(made)((4, 3), 7, np.float32)
    assert w.dtype == np.float32
    np.testing.assert_array_equal(w, made((4, 3), 7, np.float32))

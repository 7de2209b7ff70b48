"""Buffers: running means are kept by states, files, copies and the training loop."""

import copy
import pickle

import numpy as np
import pytest

import nn
from autograd import Tensor, no_grad


class RunningNorm(nn.Module):
    """What a user writes: features scaled by means and variances that follow the batches."""

    def __init__(self, features, momentum=0.1):
        self.momentum = momentum
        self.table = np.arange(3.0)  # a constant
        self.register_buffer("mean", np.zeros(features))
        self.register_buffer("variance", np.ones(features, np.float32))
        self.register_buffer("count", 0)

    def forward(self, x):
        if not self.training:
            return (x - self.mean) / np.sqrt(self.variance)
        mean, variance = np.mean(x, axis=0), np.var(x, axis=0)
        with no_grad():
            self.mean = (1 - self.momentum) * self.mean + self.momentum * numbers(mean)
            self.variance = (1 - self.momentum) * self.variance + self.momentum * numbers(variance)
            self.count = self.count + 1
        return (x - mean) / np.sqrt(variance + 1e-5)


def numbers(x):
    return x.data if isinstance(x, Tensor) else x


def net(rng):
    return nn.Sequential(nn.Linear(2, 3, rng=rng), RunningNorm(3), nn.Linear(3, 1, rng=rng))


X = np.random.default_rng(0).normal(size=(40, 2))
Y = X[:, :1] - X[:, 1:] ** 2
NAMES = ["layers.1.mean", "layers.1.variance", "layers.1.count"]


def used(rng=0, times=3):
    model = net(rng)
    for i in range(times):
        model(X[i::times] * (1 + i))
    return model


def test_what_is_registered_is_listed_after_the_parameters():
    model = net(0)
    assert [name for name, _ in model.named_buffers()] == NAMES
    parameters = [name for name, _ in model.named_parameters()]
    assert list(model.state_dict()) == parameters + NAMES
    assert [x.shape for x in model.buffers()] == [(3,), (3,), ()]
    assert nn.Linear(2, 3).buffers() == []
    model(X)
    assert model.layers[1].buffers()[2] == 1


def test_the_running_numbers_are_those_of_the_formula():
    model = used(times=3)
    mean, variance = np.zeros(3), np.ones(3)
    for i in range(3):
        h = model.layers[0](X[i::3] * (1 + i)).data
        mean, variance = 0.9 * mean + 0.1 * h.mean(0), 0.9 * variance + 0.1 * h.var(0)
    np.testing.assert_allclose(model.layers[1].mean, mean, rtol=1e-14)
    np.testing.assert_allclose(model.layers[1].variance, variance, rtol=1e-6)
    assert model.layers[1].count == 3


@pytest.mark.parametrize(
    "way", ["state", "npz", "safetensors", "deepcopy", "pickle"], ids=lambda way: way
)
def test_a_model_comes_back_with_its_running_numbers(way, tmp_path):
    if way == "safetensors":
        pytest.importorskip("safetensors")
    model, again = used(), net(1)
    if way == "state":
        again.load_state_dict(model.state_dict())
    elif way in ("deepcopy", "pickle"):
        again = copy.deepcopy(model) if way == "deepcopy" else pickle.loads(pickle.dumps(model))
    else:
        found = nn.load(nn.save(tmp_path / f"model.{way}", model), again)
        assert list(found.buffers) == NAMES
        assert not set(NAMES) & set(found.parameters)
    np.testing.assert_array_equal(again.eval()(X).data, model.eval()(X).data)
    for (name, a), b in zip(model.named_buffers(), again.buffers(), strict=True):
        assert a.dtype == b.dtype, name
        assert a is not b
    assert again.layers[1].count == 3
    again.train()(X)
    assert again.layers[1].count == 4
    assert model.layers[1].count == 3


def test_a_state_keeps_copies():
    model = used()
    state = model.state_dict()
    state["layers.1.mean"][:] = 7.0
    assert not (model.layers[1].mean == 7.0).any()
    model.load_state_dict(state)
    state["layers.1.mean"][:] = 8.0
    assert (model.layers[1].mean == 7.0).all()


def test_models_without_buffers_have_the_files_and_states_that_they_had(tmp_path):
    model = nn.Linear(2, 3, rng=0)
    model.table = np.arange(3.0)
    assert list(model.state_dict()) == ["weight", "bias"]
    path = nn.save(tmp_path / "m.npz", model)
    assert nn.load(path).buffers == {}
    with np.load(path) as file:
        assert b"buffers" not in file["header"].tobytes()


def test_a_file_without_a_buffer_is_refused_or_passed_over(tmp_path):
    """As one that was written before the buffer was registered."""
    model = net(0)
    del model.layers[1].__dict__["_buffers"]
    path = nn.save(tmp_path / "old.npz", model)
    newer = used(1)
    before = newer.state_dict()
    with pytest.raises(ValueError, match=r"missing in the file: 'layers\.1\.mean'"):
        nn.load(path, newer)
    for name, x in newer.state_dict().items():
        np.testing.assert_array_equal(x, before[name])
    found = nn.load(path, newer, strict=False)
    assert found.missing == NAMES
    np.testing.assert_array_equal(newer.layers[1].mean, before["layers.1.mean"])
    np.testing.assert_array_equal(newer.layers[0].weight.data, model.layers[0].weight.data)


def test_a_buffer_of_another_shape_leaves_the_model_as_it_was(tmp_path):
    model, other = used(), used(1)
    other.layers[1].mean = np.zeros(4)
    state = model.state_dict()
    with pytest.raises(ValueError, match=r"'layers\.1\.mean' has shape \(3,\), in the file \(4,\)"):
        nn.load(nn.save(tmp_path / "m.npz", other), model)
    with pytest.raises(ValueError, match=r"buffer 'layers\.1\.mean' of Sequential has shape"):
        model.load_state_dict(other.state_dict())
    for name, x in model.state_dict().items():
        np.testing.assert_array_equal(x, state[name])


def test_a_shared_module_has_its_buffers_once():
    norm = RunningNorm(3)
    model = nn.Sequential(norm, nn.Tanh(), norm)
    assert [name for name, _ in model.named_buffers()] == [
        "layers.0.mean",
        "layers.0.variance",
        "layers.0.count",
    ]


def test_a_training_that_is_broken_off_or_restored_takes_the_buffers_along(tmp_path):
    def fit(epochs, **options):
        model = net(0)
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        data = {"epochs": epochs, "batch_size": 10, "rng": 0, "validation": (X, Y)}
        nn.fit(model, (X, Y), nn.MSELoss(), optimizer, **data, **options)
        return model.state_dict()

    whole = fit(4)
    assert whole["layers.1.count"] == 16
    path = tmp_path / "run.npz"
    fit(2, checkpoint=path)
    resumed = fit(4, checkpoint=path, resume=True)
    for name, x in whole.items():
        np.testing.assert_array_equal(x, resumed[name], err_msg=name)
    # the numbers of the best epoch, which is the first where no other is ever better
    watch = nn.EarlyStopping(2, min_delta=1e9)
    assert fit(4, early_stopping=watch)["layers.1.count"] == 4 * watch.best_epoch == 4


def test_an_interrupted_epoch_is_undone_with_its_buffers():
    model = net(0)
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    training = nn.train(model, (X, Y), nn.MSELoss(), optimizer, epochs=3, batch_size=10, rng=0)
    for step in training:
        if step.step == 6:
            break
    assert model.layers[1].count == 6
    training._restore(training._good)
    assert model.layers[1].count == 4


def test_under_jit_the_change_of_a_buffer_is_refused():
    model = net(0)
    optimizer = nn.Adam(model.parameters())
    with pytest.raises(Exception, match="changes a list, a dict or an attribute"):
        nn.fit(model, (X, Y), nn.MSELoss(), optimizer, epochs=1, jit=True)
    nn.fit(model, (X, Y), nn.MSELoss(), optimizer, epochs=1)
    assert model.layers[1].count >= 1


def test_a_buffer_is_an_array_whatever_it_is_set_to():
    layer = nn.Module()
    layer.register_buffer("scale", [1, 2])
    layer.register_buffer("single", np.float32(1))
    layer.single = np.float64(0.1)
    assert layer.single == np.float32(0.1)
    assert layer.single.dtype == np.float32
    mine = np.ones(2)
    for x in (Tensor([1.0, 2.0]), mine, [3.0, 4.0], 5, np.float32(2), True):
        layer.scale = x
        assert type(layer.scale) is np.ndarray
    layer.scale = mine
    mine[0] = 9.0
    assert layer.scale[0] == 1.0
    layer.register_buffer("scale", np.zeros(3))
    assert layer.scale.shape == (3,)
    del layer.scale
    assert [*layer.state_dict()] == ["single"]


def test_a_buffer_of_floats_stays_one_when_it_is_set_to_integers():
    layer = nn.Module()
    layer.register_buffer("mean", np.zeros(2, np.float32))
    layer.mean = np.array([1, 2])
    assert layer.mean.dtype == np.float32
    layer.load_state_dict({"mean": [3, 4]})
    assert layer.mean.dtype == np.float32
    np.testing.assert_array_equal(layer.mean, [3.0, 4.0])

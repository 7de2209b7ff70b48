"""Saving and loading: round trips, resuming to the same numbers, and what does not fit."""

import os
import sys

import numpy as np
import pytest

import nn
from nn.saving.generators import named_generators

from .saved import Mixed, numbers, refused


def test_every_kind_of_parameter_comes_back_bit_for_bit(tmp_path, ending):
    a, b = Mixed(0), Mixed(1)
    a.single.data[0] = np.nan
    a.values[0].data = -0.0
    path = nn.save(tmp_path / f"m.{ending}", a)
    found = nn.load(path, b)
    assert numbers(a) == numbers(b)
    assert b.tied is b.table
    assert found.missing == found.unknown == []
    assert found.parameters.keys() == a.state_dict().keys()
    assert found.model == repr(a)
    b.table.data[0, 0] = 5.0  # writable, and its own
    assert a.table.data[0, 0] != 5.0


def test_memory_order_survives_in_npz(tmp_path):
    a, b = Mixed(0), Mixed(1)
    b.table.data = np.ascontiguousarray(b.table.data)
    nn.load(nn.save(tmp_path / "m.npz", a), b)
    assert b.table.data.flags.f_contiguous


def test_plain_data_come_back(tmp_path, ending):
    rng = np.random.default_rng(3)
    rng.random(5)
    old = np.random.RandomState(4)
    old.normal()
    state = {
        "epoch": 3,
        "list": [1, 2.5, None, True, "ü\ud800", float("inf"), (1, (2,))],
        "array": np.arange(6).reshape(2, 3),
        "single": np.float32(0.1),
        4: {(1, 2): "pair"},
        "$sign": {"$array": "no array"},
        "rng": rng,
        "old": old,
        "others": [
            np.random.Generator(kind(7))
            for kind in (np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
        ],
        "huge": 2**200,
        "empty": {},
    }
    path = nn.save(tmp_path / f"m.{ending}", nn.Linear(1, 1), state=state, metadata=["x"])
    found = nn.load(path)
    assert found.metadata == ["x"]
    got = found.state
    assert got.keys() == state.keys()
    assert [*got] == [*state]
    for key in ("epoch", "list", 4, "$sign", "huge", "empty"):
        assert got[key] == state[key]
    assert got["array"].dtype == state["array"].dtype
    assert (got["array"] == state["array"]).all()
    assert type(got["single"]) is np.float32
    assert got["single"] == np.float32(0.1)
    assert (got["rng"].random(4) == rng.random(4)).all()
    assert (got["old"].normal(size=3) == old.normal(size=3)).all()
    for a, b in zip(got["others"], state["others"], strict=True):
        assert (a.normal(size=700) == b.normal(size=700)).all()


def test_text_arrays_in_npz_only(tmp_path):
    pytest.importorskip("safetensors")
    names = np.array(["cat", "ö"])
    model = nn.Linear(1, 1)
    got = nn.load(nn.save(tmp_path / "m.npz", model, metadata=names)).metadata
    assert got.tolist() == names.tolist()
    with pytest.raises(TypeError, match=r"metadata: safetensors cannot hold <U3; use a .npz file"):
        nn.save(tmp_path / "m.safetensors", model, metadata=names)
    assert os.listdir(tmp_path) == ["m.npz"]


def test_history_comes_back_as_history(tmp_path, ending):
    history = nn.History({"epoch": [1, 2], "loss": [1.0, float("nan")]}, stopped="early")
    path = nn.save(tmp_path / f"m.{ending}", nn.Linear(1, 1), history=history)
    found = nn.load(path).history
    assert isinstance(found, nn.History)
    assert found == history
    assert nn.load(nn.save(path, nn.Linear(1, 1), history=[1.0, 0.5])).history == [1.0, 0.5]


def test_same_data_give_the_same_file_and_numpy_reads_it(tmp_path):
    model = nn.Linear(2, 3, rng=0)
    a, b = (nn.save(tmp_path / f"{name}.npz", model).read_bytes() for name in "ab")
    assert a == b
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert (file["model/parameters/weight"] == model.weight.data).all()


# --------------------------------------------------------------------------------------------------
# Resuming

OPTIMIZERS = {
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: nn.Adam(p, lr=0.01),
    "adamw": lambda p: nn.AdamW(p, lr=0.01),
    "rmsprop": lambda p: nn.RMSProp(p, lr=0.01, momentum=0.5, centered=True),
}


def _model(seed):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Linear(3, 8, rng=rng), nn.Tanh(), nn.Dropout(0.3, rng=rng), nn.Linear(8, 2, rng=rng)
    )


def _train(model, optimizer, rng, steps):
    losses = []
    for _ in range(steps):
        x = rng.normal(size=(5, 3))
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), x[:, :2])
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return losses


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_resumed_training_gives_the_same_numbers(tmp_path, ending, name):
    model, rng = _model(0), np.random.default_rng(9)
    optimizer = OPTIMIZERS[name](model.parameters())
    _train(model, optimizer, rng, 7)
    optimizer.lr = 0.003
    path = nn.save(tmp_path / f"run.{ending}", model, optimizer=optimizer, state={"rng": rng})
    straight = _train(model, optimizer, rng, 7)

    other = _model(1)
    again = OPTIMIZERS[name](other.parameters())
    found = nn.load(path, other, again)
    assert again.lr == 0.003
    resumed = _train(other, again, found.state["rng"], 7)
    assert resumed == straight
    assert numbers(other) == numbers(model)


def test_shared_generator_is_saved_once_and_stays_shared():
    model = _model(0)
    model.layers.append(nn.Dropout(0.1, rng=model.layers[2].rng))
    model.rngs = [np.random.RandomState(0)]
    assert list(named_generators(model)) == ["layers.2.rng", "rngs.0"]


def test_values_resume(tmp_path):
    def net(seed):
        return nn.scalar.MLP(2, [3, 1], rng=np.random.default_rng(seed))

    def steps(model, optimizer):
        for x in ([1.0, 2.0], [0.5, -1.0]):
            optimizer.zero_grad()
            ((model(x) - 1.0) ** 2).backward()
            optimizer.step()

    a, b = net(0), net(1)
    left, right = nn.Adam(a.parameters(), lr=0.1), nn.Adam(b.parameters(), lr=0.2)
    steps(a, left)
    path = nn.save(tmp_path / "v.npz", a, optimizer=left)
    steps(a, left)
    nn.load(path, b, right)
    steps(b, right)
    assert numbers(a) == numbers(b)


# --------------------------------------------------------------------------------------------------
# What does not fit


def test_wrong_shapes_name_the_parameter_and_both_shapes(tmp_path, ending):
    path = nn.save(tmp_path / f"m.{ending}", nn.MLP([2, 3, 1], rng=0))
    wrong = nn.MLP([2, 4, 1], rng=0)
    match = r"'layers.0.weight' has shape \(2, 4\), in the file \(2, 3\), 'layers.0.bias' has"
    refused(path, wrong, match)
    refused(path, wrong, match, strict=False)


def test_names_that_do_not_match_are_listed_with_a_guess(tmp_path):
    model = nn.Module()
    model.weights = nn.Parameter([1.0])
    model.other = nn.Parameter([2.0])
    path = nn.save(tmp_path / "m.npz", model)
    second = nn.Module()
    second.weight = nn.Parameter([3.0])
    refused(
        path,
        second,
        r"missing in the file: 'weight' \(is it 'weights'\?\); unknown to the model: 'weights' "
        r"\(is it 'weight'\?\), 'other'. Nothing was loaded; build the model as it was saved",
    )


def test_many_names_are_not_all_listed(tmp_path):
    small = nn.scalar.MLP(2, [3, 1], rng=np.random.default_rng(0))
    large = nn.scalar.MLP(30, [100, 1], rng=np.random.default_rng(0))
    path = nn.save(tmp_path / "m.npz", large)
    # 100 neurons of 31 numbers and one of 101, of which 13 are known
    refused(path, small, r"unknown to the model: 'layers.0.neurons.0.w.2'.*, and 3178 more\.")


def test_a_name_tied_in_the_file_is_told(tmp_path):
    path = nn.save(tmp_path / "m.npz", Mixed(0))
    apart = Mixed(1)
    apart.tied = nn.Parameter(np.ones((3, 2)))
    refused(path, apart, r"missing in the file: 'tied' \(tied to 'table' there\)")


def test_partial_loads(tmp_path):
    path = nn.save(tmp_path / "m.npz", nn.MLP([2, 3, 1], rng=0))
    part = nn.Sequential(nn.Linear(2, 3, rng=5), nn.ReLU(), nn.Flatten(), nn.Linear(3, 9, rng=5))
    last = part[3].weight.data.copy()
    found = nn.load(path, part, strict=False)
    assert found.missing == ["layers.3.weight", "layers.3.bias"]
    assert found.unknown == ["layers.2.weight", "layers.2.bias"]
    assert (part[0].weight.data == found.parameters["layers.0.weight"]).all()
    assert (part[3].weight.data == last).all()


def test_numbers_too_large_for_the_dtype(tmp_path):
    big = nn.Linear(1, 1, init=nn.init.constant(1e300))
    path = nn.save(tmp_path / "m.npz", big)
    small = nn.Linear(1, 1, dtype=np.float32)
    refused(
        path, small, "'weight' holds numbers too large for float32; the file has them in float64"
    )
    big.weight.data[:] = 0.1
    nn.load(nn.save(path, big), small)
    assert small.weight.data == np.float32(0.1)
    assert small.weight.dtype == np.float32


def test_optimizer_trouble(tmp_path):
    model = nn.Linear(2, 1, rng=0)
    adam, sgd = nn.Adam(model.parameters(), lr=0.1), nn.SGD(model.parameters(), lr=0.1)
    path = nn.save(tmp_path / "m.npz", model)
    refused(path, model, "holds no optimizer; load the model alone, or save with optimizer=", adam)
    nn.save(path, model, optimizer=adam)
    refused(path, model, "the state is of 'Adam', this is SGD", sgd)
    turned = nn.Adam(model.parameters()[::-1], lr=0.1)
    refused(path, model, r"saved over the parameters \['weight', 'bias'\], this one is", turned)
    with pytest.raises(ValueError, match=r"this is SGD; make one of its kind\. Nothing was loaded"):
        nn.load(path, optimizer=sgd)


def test_generators_must_fit(tmp_path):
    path = nn.save(tmp_path / "m.npz", nn.Dropout(0.5, rng=0))
    refused(path, nn.Sequential(), "unknown to the model: 'rng'")
    nn.load(path, nn.Sequential(), strict=False)
    other = nn.Dropout(0.5, rng=np.random.Generator(np.random.MT19937(0)))
    refused(path, other, "the random generator 'rng' is a MT19937, in the file a PCG64")
    bare = nn.save(tmp_path / "n.npz", nn.Sequential())
    refused(bare, nn.Dropout(0.5, rng=0), "missing in the file: 'rng'")


def test_misuse_is_told(tmp_path):
    model = nn.Linear(1, 1)
    with pytest.raises(ValueError, match=r"'m.txt': the name of the file ends in .npz or .safeten"):
        nn.save(tmp_path / "m.txt", model)
    with pytest.raises(TypeError, match=r"save takes a Module, got list; loose parameters become"):
        nn.save(tmp_path / "m.npz", model.parameters())
    with pytest.raises(TypeError, match="load takes a Module, got dict"):
        nn.load(tmp_path / "m.npz", {})
    with pytest.raises(TypeError, match="state/f/0 is function, which a file cannot hold"):
        nn.save(tmp_path / "m.npz", model, state={"f": [lambda: 0]})
    with pytest.raises(TypeError, match="state/f is an array of object, which a file cannot hold"):
        nn.save(tmp_path / "m.npz", model, state={"f": np.array([None])})
    knot = []
    knot.append(knot)
    with pytest.raises(ValueError, match="nested too deeply, or hold themselves"):
        nn.save(tmp_path / "m.npz", model, state=knot)
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "m.npz", model)
    assert os.listdir(tmp_path) == []


def test_text_of_a_checkpoint(tmp_path):
    path = nn.save(tmp_path / "m.npz", nn.Linear(2, 3), state=np.ones(3))
    assert repr(nn.load(path)) == "Checkpoint('m.npz': 2 parameters, 9 numbers, state)"


def test_safetensors_is_an_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"pip install 'glassgrad\[safetensors\]'"):
        nn.save(tmp_path / "m.safetensors", nn.Linear(1, 1))
    assert os.listdir(tmp_path) == []


def test_safetensors_of_other_programs(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "m.safetensors"
    library.save_file({"weight": np.ones((2, 3), np.float32), "bias": np.ones(3, np.float32)}, path)
    model = nn.Linear(2, 3, rng=0)
    nn.load(path, model)
    assert (model.weight.data == 1).all()
    assert model.weight.dtype == np.float64

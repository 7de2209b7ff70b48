"""Recordings: the training is not affected, the numbers are those of the model, errors."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value

from .recordings import CE, RNG, entries, grid_of, mlp, moons, trained

# --------------------------------------------------------------------------------------------------
# Nothing is disturbed


@pytest.mark.parametrize("with_loss", [True, False])
@pytest.mark.parametrize("every", ["epoch", 2])
def test_a_training_is_the_same_bit_for_bit(with_loss, every):
    def run(recorded):
        model = nn.Sequential(
            nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Dropout(0.3, rng=7), nn.Linear(8, 2, rng=1)
        )
        recorder = None
        if recorded:
            recorder = nn.record(model, moons(), loss=CE if with_loss else None, every=every)
        optimizer = nn.Adam(model.parameters(), lr=0.02)
        history = nn.fit(
            model, moons(), CE, optimizer, epochs=4, batch_size=16, rng=3, callback=recorder
        )
        rng = model.layers[2].rng.bit_generator.state
        modes = [m.training for m in model.modules()]
        return history.to_json(), model.state_dict(), rng, modes

    (a, p, s, m), (b, q, t, n) = run(False), run(True)
    assert (a, s, m) == (b, t, n)
    assert all(np.array_equal(p[k], q[k]) for k in p)


@pytest.mark.parametrize("build", [mlp, lambda: nn.scalar.MLP(2, [4, 2], rng=0)])
def test_gradients_labels_and_parameters_stay(build):
    model = build()
    recorder = nn.record(model, moons(20), loss=CE)
    before = [(p.data if isinstance(p, Value) else p.numpy(), p.grad) for p in model.parameters()]
    recorder.snap()
    for p, (data, grad) in zip(model.parameters(), before, strict=True):
        assert np.array_equal(p.data, data)
        assert p.grad is grad or p.grad == grad == 0


class _Noisy(nn.Module):
    """Draws in every mode."""

    def __init__(self):
        self.rng = RNG(5)
        self.layer = nn.Linear(2, 2, rng=0)

    def forward(self, x):
        return self.layer(x) + self.rng.normal(size=2)


def test_generators_of_layers_stay():
    model = _Noisy()
    before = model.rng.bit_generator.state
    nn.record(model, moons(), loss=CE).snap()
    assert model.rng.bit_generator.state == before


def test_models_are_looked_at_in_evaluation_mode():
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Dropout(0.5, rng=1), nn.Linear(8, 2, rng=2))
    recorder = nn.record(model, moons(), loss=CE)
    assert all(m.training for m in model.modules())
    x, y = moons()
    recording = recorder.recording
    z = nn.predict(model, grid_of(recording))
    e = np.exp(z)
    found = recording.arrays["surface"][0, 0].ravel()
    np.testing.assert_allclose(found, (e[:, 1] - e[:, 0]) / e.sum(1), atol=1e-3)
    assert recording.rows[0]["loss"] == nn.evaluate(model, (x, y), CE)["loss"]


# --------------------------------------------------------------------------------------------------
# The numbers are those of the model


def test_weights_gradients_and_losses_are_those_of_the_model():
    model, data = mlp(), moons()
    recorder = nn.record(model, data, loss=CE)
    x, y = data
    for _ in range(3):
        loss = CE(model(x), y)
        model.zero_grad()
        loss.backward()
        recorder.snap(loss=loss)
        for name, p in model.named_parameters():
            for kind, a in (("weights", p.data), ("gradients", p.grad)):
                kept, _ = entries(recorder.recording, name, kind)
                np.testing.assert_allclose(kept[-1].reshape(p.shape), a, rtol=1e-6, atol=1e-12)
        for p in model.parameters():
            p.data = p.data - 0.1 * p.grad
    assert [r["epoch"] for r in recorder.recording.rows] == [0, 1, 2, 3]
    assert recorder.recording.rows[-1]["loss"] == float(loss.data)
    # of the first snapshot, the recorder measured it itself
    assert recorder.recording.rows[0]["loss"] == recorder.recording.rows[1]["loss"]


def test_activations_are_those_of_the_layers():
    model, (x, y) = mlp(sizes=(2, 5, 3), activation="relu"), nn.data.spirals(60, rng=0)
    recording = nn.record(model, (x, y), loss=CE).recording
    hidden = np.maximum(x @ model.layers[0].weight.data + model.layers[0].bias.data, 0)
    out = model(x).data
    assert [o["name"] for o in recording.structure["outputs"]] == ["layers.0", "layers.2"]
    assert [o["activation"] for o in recording.structure["outputs"]] == ["ReLU", ""]
    found = recording.arrays
    for k, a in enumerate((hidden, out)):
        norm, mean, std, most = found["activation_statistics"][0, k]
        assert norm == pytest.approx(np.linalg.norm(a), rel=1e-6)
        assert (mean, std) == (pytest.approx(a.mean(), abs=1e-6), pytest.approx(a.std(), rel=1e-5))
        assert most == pytest.approx(np.abs(a).max(), rel=1e-6)
        low, high = found["ranges"][0, k]
        shares = np.histogram(a, 24, (a.min(), a.max()))[0] / a.size
        np.testing.assert_allclose(found["histograms"][0, k], shares, atol=2 / a.size)
        assert (low, high) == (pytest.approx(a.min()), pytest.approx(a.max()))
    np.testing.assert_allclose(found["units"][0], [*hidden.mean(0), *out.mean(0)], atol=1e-6)
    sample = recording.structure["outputs"][0]
    kept = found["activations"][0, : len(sample["rows"]) * len(sample["columns"])]
    np.testing.assert_allclose(
        kept, hidden[np.ix_(sample["rows"], sample["columns"])].ravel(), rtol=1e-5, atol=1e-7
    )


def test_values_and_tensors_of_the_same_numbers_are_recorded_alike():
    scalar = nn.scalar.MLP(2, [4, 1], activation="tanh", rng=0)
    model = nn.MLP([2, 4, 1], "tanh", rng=0)
    for layer, own in zip((model.layers[0], model.layers[2]), scalar.layers, strict=True):
        layer.weight.data = np.array([[w.data for w in n.w] for n in own.neurons]).T
        layer.bias.data = np.array([n.b.data for n in own.neurons])
    x, y = moons(30)
    y = 2.0 * y - 1
    a = nn.record(scalar, (x, y), loss=nn.HingeLoss()).recording
    b = nn.record(model, (x, y[:, None]), loss=lambda s, y: nn.HingeLoss()(s, y)).recording
    assert a.rows[0]["loss"] == pytest.approx(b.rows[0]["loss"], rel=1e-12)
    for name in ("weights", "gradients", "units", "ranges", "histograms"):
        np.testing.assert_allclose(a.arrays[name], b.arrays[name], rtol=1e-5, atol=1e-7)
    assert a.structure["chain"]["inputs"] == 2
    assert a.structure["chain"]["activations"] == ["tanh", ""]


def test_without_a_loss_the_gradients_are_the_last_ones():
    recorder = trained(loss=CE)
    model = mlp()
    bare = nn.record(model, moons())
    nn.fit(
        model, moons(), CE, nn.SGD(model.parameters(), lr=0.1), epochs=6, batch_size=20, rng=0,
        callback=bare,
    )  # fmt: skip
    kept, _ = entries(bare.recording, "layers.0.weight", "gradients")
    np.testing.assert_allclose(kept[-1], model.layers[0].weight.grad, rtol=1e-6)
    assert np.isnan(kept[0]).all()
    assert bare.recording.findings[0] == []
    assert np.isnan(bare.recording.rows[0]["loss"])
    # the training says the same losses
    assert bare.recording.history["loss"][1:] == recorder.recording.history["loss"][1:]


def test_every_so_many_steps():
    recorder = trained(every=4)
    steps = [r["step"] for r in recorder.recording.rows]
    assert steps == [0, 4, 8, 12, 16]
    assert {"lr", "gradient_norm"} <= recorder.recording.rows[1].keys()


def test_findings_are_those_of_health():
    model = mlp(activation="relu")
    model.layers[0].bias.data = np.full(8, -9.0)
    recording = nn.record(model, moons(), loss=CE).recording
    found = nn.health(model, moons(), CE)
    assert [f["kind"] for f in recording.findings[0]] == [f.kind for f in found.findings]
    assert recording.findings[0][0]["cure"] == found.findings[0].cure
    assert "dead ReLUs" in recording.text()


def test_nan_is_recorded_and_drawn():
    model = mlp()
    recorder = nn.record(model, moons(), loss=CE)
    model.layers[0].weight.data = np.full((2, 8), np.nan)
    recorder.snap()
    recorder.snap(loss=float("inf"))
    assert recorder.recording.findings[1][0]["kind"] == "not finite"
    assert "NaN" not in recorder.recording.html().split('id="data">')[1].split("</script>")[0]
    assert "not finite" in recorder.recording.text()


# --------------------------------------------------------------------------------------------------
# Large, odd and recurrent models


def test_large_networks_are_abbreviated():
    model, x = mlp(sizes=(20, 300, 200, 10)), RNG(0).normal(size=(50, 20))
    recorder = nn.record(model, (x, np.arange(50) % 10), loss=CE, max_units=12, max_entries=500)
    found = recorder.recording
    assert found.arrays["weights"].shape[1] <= 500
    assert found.arrays["activations"].shape[1] <= 500
    kept, p = entries(found, "layers.2.weight")
    w = model.layers[2].weight.data
    np.testing.assert_allclose(kept[0], w[np.ix_(p["rows"], p["columns"])], rtol=1e-6)
    assert p["shape"] == (300, 200)
    assert max(map(len, (o["shown"] for o in found.structure["outputs"]))) <= 12
    norm, mean, std, most = found.arrays["weight_statistics"][0, 2]
    assert norm == pytest.approx(np.linalg.norm(w))
    assert (mean, std) == (pytest.approx(w.mean(), abs=1e-7), pytest.approx(w.std()))
    assert most == pytest.approx(np.abs(w).max())
    assert len(found.html()) < 300_000


def test_many_parameters_keep_statistics_only():
    model = nn.Module()
    model.w = [nn.Parameter(np.full(4, float(k))) for k in range(50)]
    model.forward = lambda x: sum(w * x for w in model.w)
    recording = nn.record(model, np.ones((3, 4)), max_entries=20).recording
    assert recording.arrays["weights"].shape[1] <= 20
    assert recording.arrays["weight_statistics"][0, 49, 0] == 98
    assert "<html" in recording.html()


class _Recurrent(nn.Module):
    def __init__(self):
        self.W = nn.Parameter(np.eye(2) / 2)
        self.out = nn.Linear(2, 2, rng=0)

    def forward(self, x):
        h = np.zeros((len(x), 2))
        for k in range(3):
            h = np.tanh(h @ self.W + x[:, k : k + 1])
        return self.out(h)


class _Parallel(nn.Module):
    def __init__(self):
        self.a, self.b = nn.Linear(3, 2, rng=0), nn.Linear(3, 2, rng=1)

    def forward(self, x):
        return self.a(x) + self.b(x)


class _Products(nn.Module):
    """No product with a matrix at all."""

    def __init__(self):
        self.w = nn.Parameter(np.ones(3))
        self.c = nn.Parameter(np.array(2.0))

    def forward(self, x):
        return (x * self.w).sum(axis=1) * self.c


@pytest.mark.parametrize("build", [_Recurrent, _Parallel, _Products])
def test_models_that_are_no_chain_are_shown_as_matrices(build):
    model, x = build(), RNG(0).normal(size=(12, 3))
    recorder = nn.record(model, x)
    recorder.snap(epoch=5, loss=1.0)
    found = recorder.recording
    assert found.structure["chain"] is None
    names = [name for name, _ in model.named_parameters()]
    assert [p["name"] for p in found.structure["parameters"]] == names
    assert 'class="w cell"' in found.html()


def test_a_bias_in_the_matrix():
    class Joined(nn.Module):
        def __init__(self):
            self.W = nn.Parameter(RNG(0).normal(size=(3, 2)))

        def forward(self, x):
            return np.concatenate([x, np.ones((len(x), 1))], axis=1) @ self.W

    recording = nn.record(Joined(), moons(), loss=CE).recording
    assert recording.structure["chain"]["in_weight"] == [True]
    # the last row of the matrix belongs to the units
    assert 'data-b="4"' in recording.html()
    assert 'data-b="5"' in recording.html()


def test_float32_and_huge_numbers():
    model = nn.Linear(2, 1, rng=0)
    model.weight.data = np.array([[1e300], [-1e-300]])
    x = np.ones((3, 2))
    kept, _ = entries(nn.record(model, x, boundary=False).recording, "weight")
    assert np.isfinite(kept).all()
    narrow = nn.Linear(2, 1, rng=0)
    narrow.weight = nn.Parameter(np.ones((2, 1), np.float32))
    narrow.bias = nn.Parameter(np.ones(1, np.float32))
    assert nn.record(narrow, x.astype(np.float32)).recording.arrays["surface"].dtype == np.float32


def test_one_sample():
    recording = nn.record(mlp(), (np.ones((1, 2)), np.array([1])), loss=CE).recording
    assert "<html" in recording.html()


# --------------------------------------------------------------------------------------------------
# Errors


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "text"),
    [
        ((lambda x: x, moons()), {}, TypeError, "record takes a Module, got function"),
        ((nn.Module(), moons()), {}, TypeError, "has no parameters to record"),
        ((mlp(), moons()), {"every": "step"}, ValueError, 'every is "epoch" or a number of steps'),
        ((mlp(), moons()), {"every": 0}, ValueError, "record: every is a positive integer"),
        ((mlp(), moons()), {"boundary": "yes"}, ValueError, 'boundary is True, False or "auto"'),
        ((mlp(), moons()), {"max_units": 2}, ValueError, "max_units is a whole number from 3"),
        ((mlp(), moons()), {"max_entries": 0}, ValueError, "max_entries is a positive integer"),
        ((mlp(), moons()), {"save_every": 1.5}, TypeError, "save_every is a positive integer"),
        ((mlp(), moons()), {"path": "run.txt"}, ValueError, "ends in .npz"),
        ((mlp(), moons().x), {"loss": CE}, ValueError, "the loss compares with targets"),
        ((mlp(), (1, 2, 3)), {}, TypeError, "a tuple of 3; give a pair"),
        ((mlp(), (np.full((2, 2), np.nan), [0, 1])), {}, ValueError, "record: the batch: x holds"),
        (
            (mlp(), moons()),
            {"loss": nn.CrossEntropyLoss("none")},
            ValueError,
            "the loss is Tensor of shape",
        ),
        ((mlp(), moons()), {"loss": lambda z, y: 1.0}, ValueError, "the loss is float of shape"),
    ],
)
def test_errors(arguments, options, kind, text):
    with pytest.raises(kind, match=text):
        nn.record(*arguments, **options)


def test_models_without_a_graph():
    class Constant(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(np.ones(2))

        def forward(self, x):
            return np.ones(3)

    with pytest.raises(TypeError, match="the model returns ndarray without a graph"):
        nn.record(Constant(), moons())
    with pytest.raises(TypeError, match="returns Tensor without a graph"):
        nn.record(mlp().requires_grad_(False), moons())


def test_other_parameters_are_refused():
    model = mlp()
    recorder = nn.record(model, moons(), loss=CE)
    model.layers[0] = nn.Linear(2, 9, rng=0)
    model.layers[2] = nn.Linear(9, 2, rng=0)
    with pytest.raises(ValueError, match="no longer those of the first snapshot"):
        recorder.snap()
    assert len(recorder.recording) == 1


def test_numbers_by_hand():
    recorder = nn.record(mlp(), moons(), loss=CE)
    recorder.snap(loss=Tensor(2.0), accuracy=Value(0.5), epoch=7)
    row = recorder.recording.rows[-1]
    assert (row["epoch"], row["step"], row["loss"], row["accuracy"]) == (7, 1, 2.0, 0.5)
    for bad in ("much", None, [1.0, 2.0], True):
        with pytest.raises(TypeError, match=r"record: accuracy is .*; give one number"):
            recorder.snap(accuracy=bad)
    assert len(recorder.recording) == 2


def test_endings_and_empty_recordings(tmp_path):
    recording = trained().recording
    with pytest.raises(ValueError, match="the player is a page, the name ends in"):
        recording.play(tmp_path / "page.txt")
    with pytest.raises(ValueError, match="the name of the file ends in"):
        recording.save(tmp_path / "page.txt")
    empty = nn.Recording("x", {})
    with pytest.raises(ValueError, match="without a snapshot cannot be saved"):
        empty.save(tmp_path / "run.npz")
    with pytest.raises(ValueError, match="without a snapshot cannot be played"):
        empty.play(tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_that_is_refused_leaves_no_row():
    recording = nn.Recording("a training", {"layers": []})
    for row, arrays in ((None, {}), ({"epoch": 1}, None)):
        with pytest.raises(TypeError, match=r"Recording\.add: a row and arrays are mappings, got"):
            recording.add(row, arrays, [])
    assert len(recording) == 0
    assert recording.findings == []

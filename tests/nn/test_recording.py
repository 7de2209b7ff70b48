"""Recordings: nothing is disturbed, numbers are those of the model, files are whole or refused."""

import json
import os
import signal
import subprocess
import sys
import weakref
from contextlib import suppress

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn.surface import classes_of, surface_of

RNG = np.random.default_rng
CE = nn.CrossEntropyLoss()


def mlp(rng=0, sizes=(2, 8, 2), activation="tanh"):
    return nn.MLP(list(sizes), activation, rng=rng)


def moons(n=60):
    return nn.data.moons(n, noise=0.1, rng=1)


def trained(model=None, epochs=6, loss=CE, data=None, **options):
    model = mlp() if model is None else model
    data = moons() if data is None else data
    recorder = nn.record(model, data, **{"loss": loss, **options})
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    nn.fit(model, data, loss, optimizer, epochs=epochs, batch_size=20, rng=0, callback=recorder)
    return recorder


def entries(recording, name, kind="weights"):
    """Return the kept entries of a parameter in all snapshots, and its sample."""
    at = 0
    for p in recording.structure["parameters"]:
        count = len(p["rows"]) * len(p["columns"])
        if p["name"] == name:
            a = recording.arrays[kind][:, at : at + count]
            return a.reshape(-1, len(p["rows"]), len(p["columns"])), p
        at += count
    raise KeyError(name)


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
# The plane


def grid_of(recording):
    s = recording.structure["surface"]
    across, up = (np.linspace(*s[k], s["side"]) for k in "xy")
    return np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)


def test_the_plane_of_two_classes_is_the_difference_of_their_probabilities():
    model = mlp()
    recording = nn.record(model, moons(), loss=CE).recording
    z = model(grid_of(recording)).data
    e = np.exp(z)
    p = e / e.sum(1, keepdims=True)
    found = recording.arrays["surface"][0, 0].ravel()
    np.testing.assert_allclose(found, p[:, 1] - p[:, 0], atol=1e-3)


def test_the_plane_of_several_classes():
    model = mlp(sizes=(2, 8, 3))
    recording = nn.record(model, nn.data.spirals(60, rng=0), loss=CE).recording
    z = model(grid_of(recording)).data
    kinds, sure = recording.arrays["surface"][0].reshape(2, -1)
    assert np.array_equal(kinds, z.argmax(1))
    assert sure.min() >= 1 / 3 - 1e-3


@pytest.mark.parametrize(
    ("loss", "targets", "expected"),
    [
        (nn.BCEWithLogitsLoss(), (0.0, 1.0), lambda z: np.tanh(z / 2)),
        (nn.HingeLoss(), (-1.0, 1.0), lambda z: np.clip(z, -1, 1)),
        (nn.MSELoss(), (0.0, 1.0), lambda z: np.clip(2 * z - 1, -1, 1)),
        (nn.MSELoss(), (-1.0, 1.0), lambda z: np.clip(z, -1, 1)),
    ],
)
def test_the_plane_of_one_score(loss, targets, expected):
    model, (x, y) = mlp(sizes=(2, 4, 1)), moons()
    y = np.array(targets)[y][:, None]
    if isinstance(loss, nn.HingeLoss):
        y = y[:, 0]
        recorded = nn.record(_Squeezed(model), (x, y), loss=loss).recording
    else:
        recorded = nn.record(model, (x, y), loss=loss).recording
    assert recorded.structure["surface"]["kind"] == "two"
    z = model(grid_of(recorded)).data[:, 0]
    np.testing.assert_allclose(recorded.arrays["surface"][0, 0].ravel(), expected(z), atol=1e-3)


class _Squeezed(nn.Module):
    def __init__(self, inner):
        self.inner = inner

    def forward(self, x):
        return self.inner(x)[:, 0]


def test_the_plane_of_a_regression_holds_the_values():
    model, x = mlp(sizes=(2, 4, 1)), RNG(0).normal(size=(20, 2))
    recording = nn.record(model, (x, x[:, :1] * x[:, 1:]), loss=nn.MSELoss()).recording
    z = model(grid_of(recording)).data[:, 0]
    np.testing.assert_allclose(recording.arrays["surface"][0, 0].ravel(), z, rtol=1e-5, atol=1e-6)
    assert recording.structure["surface"]["kind"] == "values"


def test_where_there_is_no_plane():
    model, x = mlp(sizes=(3, 4, 2)), RNG(0).normal(size=(20, 3))
    y = RNG(1).integers(0, 2, 20)
    assert nn.record(model, (x, y), loss=CE).recording.structure["surface"] is None
    assert "surface" not in nn.record(mlp(), moons(), boundary=False).recording.arrays
    with pytest.raises(ValueError, match="drawn over two inputs, the batch has shape"):
        nn.record(model, (x, y), loss=CE, boundary=True)

    class Sum(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 1, rng=0)

        def forward(self, x):
            return self.layer(x).sum()

    assert nn.record(Sum(), x[:, :2]).recording.structure["surface"] is None
    with pytest.raises(ValueError, match="a boundary needs one row for each"):
        nn.record(Sum(), x[:, :2], boundary=True)


def test_classes_of():
    assert classes_of(None, 2) is None
    assert classes_of(np.array([0.5, 1.0]), 2) is None
    assert classes_of(np.array([0, 3]), 3) is None
    assert classes_of(np.array([[0.5, 0.5]]), 2) is None
    assert classes_of(np.array([[1.0], [2.0], [3.0]]), 1) is None
    same = np.zeros((4, 2))
    found = surface_of(same, None, np.zeros(4), None, 8)
    assert found.x == (-1.0, 1.0)
    assert found.kind == "values"


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
# Files


def test_files_hold_everything(tmp_path):
    path = tmp_path / "run.npz"
    recorder = trained(path=path)
    recorder.save()
    found = nn.Recording.load(path)
    assert found.rows == recorder.recording.rows
    assert found.findings == recorder.recording.findings
    assert found.arrays.keys() == recorder.recording.arrays.keys()
    for name, a in found.arrays.items():
        np.testing.assert_array_equal(a, recorder.recording.arrays[name])
        assert a.dtype == recorder.recording.arrays[name].dtype
    assert found.html() == recorder.recording.html()
    assert found.text() == recorder.recording.text()
    assert repr(found) == "<Recording of Network 2-8-2: 7 snapshots, epochs 0 to 6>"
    plain = json.loads(json.dumps(found.to_dict()))
    assert len(plain["arrays"]["weights"]) == 7


def test_the_same_run_gives_the_same_bytes(tmp_path):
    for name in "ab":
        recorder = trained(path=tmp_path / f"{name}.npz")
        recorder.save()
        recorder.play(tmp_path / f"{name}.html")
    for ending in ("npz", "html"):
        a, b = (tmp_path / f"{name}.{ending}" for name in "ab")
        assert a.read_bytes() == b.read_bytes()


def test_files_are_written_as_the_training_goes_on(tmp_path):
    path = tmp_path / "run.npz"
    recorder = nn.record(mlp(), moons(), loss=CE, path=path, save_every=3)
    counts = [len(nn.Recording.load(path))]
    for _ in range(7):
        recorder.snap()
        counts.append(len(nn.Recording.load(path)))
    assert counts == [1, 1, 1, 4, 4, 4, 7, 7]
    with recorder:
        pass
    assert len(nn.Recording.load(path)) == 8
    recorder.snap()
    ended = weakref.ref(recorder)
    del recorder
    assert ended() is None
    assert len(nn.Recording.load(path)) == 9


SCRIPT = """
import os, signal, sys, numpy as np, nn
model = nn.MLP([2, 4, 2], rng=0)
recorder = nn.record(model, nn.data.moons(20, rng=0), path=sys.argv[1], save_every=5)
for k in range(23):
    recorder.snap(loss=1.0)
if sys.argv[2] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize(("way", "least"), [("kill", 19), ("end", 24)])
def test_kill_loses_the_last_snapshots_at_most(tmp_path, way, least):
    path = tmp_path / "run.npz"
    done = subprocess.run([sys.executable, "-c", SCRIPT, path, way], capture_output=True)
    assert done.returncode == (-signal.SIGKILL if way == "kill" else 0), done.stderr
    assert len(nn.Recording.load(path)) >= least
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_damaged_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "run.npz"
    trained(path=path, epochs=2).save()
    raw, whole = path.read_bytes(), nn.Recording.load(path).to_dict()
    for k in range(0, len(raw), max(1, len(raw) // 40)):
        path.write_bytes(raw[:k])
        with pytest.raises(ValueError, match=r"damaged, incomplete or not a \.npz file"):
            nn.Recording.load(path)
    for k in range(200, len(raw), len(raw) // 20):
        path.write_bytes(raw[:k] + bytes([raw[k] ^ 1]) + raw[k + 1 :])
        with suppress(ValueError):
            # what no reader looks at may differ, as a date in the zip
            found = nn.Recording.load(path)
            assert found.to_dict() == whole
    nn.save(path, mlp())
    with pytest.raises(ValueError, match="holds no recording; was it written by"):
        nn.Recording.load(path)
    nn.Recording("x", {})
    from nn import archive

    archive.write(path, {"recording": {"title": "x", "structure": {}, "rows": [{}]}})
    with pytest.raises(ValueError, match="whose parts do not fit each other"):
        nn.Recording.load(path)


def test_parts_of_a_file_that_do_not_fit(tmp_path):
    from nn import archive

    path = tmp_path / "run.npz"
    recorder = trained(path=path, epochs=2)
    recorder.save()
    for change in (
        lambda r: r["rows"].pop(),
        lambda r: r["arrays"].pop("weights"),
        lambda r: r["arrays"].update(weights=np.zeros((3, 1))),
        lambda r: r["structure"].pop("outputs"),
        lambda r: r.update(arrays=3),
        lambda r: r.update(findings=[[], [], [3]]),
    ):
        recorder.recording.save(path)
        tree = archive.read(path)
        change(tree["recording"])
        archive.write(path, tree)
        with pytest.raises(ValueError, match="whose parts do not fit each other"):
            nn.Recording.load(path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        nn.record(mlp(), moons(), path=tmp_path / "none" / "run.npz")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        trained().play(tmp_path / "none" / "page.html")


# --------------------------------------------------------------------------------------------------
# The page


def test_the_page_asks_for_nothing_and_is_small(tmp_path):
    model = mlp(sizes=(2, 16, 16, 2))
    recorder = trained(model, epochs=100, path=tmp_path / "run.npz")
    recorder.save()
    path = recorder.play(tmp_path / "page.html")
    text = path.read_text(encoding="utf8")
    assert path.stat().st_size < 1_000_000
    assert (tmp_path / "run.npz").stat().st_size < 1_000_000
    without = text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert "http" not in without
    assert "src=" not in without
    assert "url(" not in without


def test_long_recordings_are_thinned():
    recorder = nn.record(mlp(), moons(20))
    for _ in range(300):
        recorder.recording.add({**recorder.recording.rows[-1]}, *_last(recorder.recording))
    for k, row in enumerate(recorder.recording.rows):
        row["epoch"] = k
    html = recorder.recording.html()
    data = json.loads(html.split('id="data">')[1].split("</script>")[0])
    assert data["of"] == 301
    assert data["count"] <= 200
    assert [data["rows"][k]["epoch"] for k in (0, -1)] == [0, 300]


def _last(recording):
    return {n: a[-1] for n, a in recording.arrays.items()}, recording.findings[-1]


def test_names_are_harmless():
    evil = "</script><script>alert(1)</script>\"'&\u2028"

    class Model(nn.Module):
        def __init__(self):
            self.__dict__[evil] = nn.Linear(2, 2, rng=0)

        def forward(self, x):
            return self.__dict__[evil](x)

    Model.__name__ = "<b onload='x'>"
    x, y = moons(20)
    data = nn.data.Dataset(x, y, classes=(evil, "<i>"))
    recorder = nn.record(Model(), data, loss=CE)
    recorder.snap(**{evil: 1.0})
    html = recorder.recording.html()
    assert "<script>alert" not in html
    assert "<b onload" not in html
    assert "<i>" not in html.replace("<i style", "")
    assert html.count("</script>") == 2
    frame = recorder.recording._repr_html_()
    assert frame.count("<") == 2


def test_notebooks_and_terminals():
    recorder = trained()
    bundle = recorder._repr_mimebundle_()
    assert bundle["text/html"].startswith("<iframe srcdoc=")
    assert bundle["text/plain"] == recorder.recording.text()
    text = recorder.recording.text()
    assert "loss" in text
    assert "layers.0.weight 2×8: " in text
    assert "epoch 0 to 6: healthy" in text
    assert repr(recorder) == "<Recorder of Network 2-8-2: 7 snapshots, epochs 0 to 6>"
    empty = nn.Recording("x", {})
    assert empty._repr_mimebundle_() == {"text/plain": "<Recording of x: 0 snapshots>"}
    assert empty.text() == "<Recording of x: 0 snapshots>"


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

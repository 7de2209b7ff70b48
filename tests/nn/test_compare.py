"""compare_inits: its numbers are those of a run by hand, its verdicts those of the textbooks."""

import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nn

X = np.random.default_rng(0).normal(size=(128, 30))
DEEP = [30] * 9


def verdicts(*args, **options):
    return {s.name: s.verdict for s in nn.compare_inits(*args, **options).starts}


def test_the_numbers_are_those_of_a_network_run_by_hand():
    start = nn.compare_inits([30, 20, 10], ["xavier_normal"], X, rng=4).starts[0]
    model = nn.MLP([30, 20, 10], "tanh", init="xavier_normal", rng=4)
    w1, w2 = model[0].weight.data, model[2].weight.data
    h = np.tanh(X @ w1)
    out = h @ w2
    d1 = (np.ones_like(out) @ w2.T) * (1 - h * h)
    first, second = start.layers
    assert (first.name, first.activation, second.activation) == ("layers.0", "tanh", "")
    np.testing.assert_allclose(first.outputs, h.ravel())
    np.testing.assert_allclose(second.outputs, out.ravel())
    np.testing.assert_allclose(first.gradients, (X.T @ d1).ravel())
    np.testing.assert_allclose(second.gradients, (h.T @ np.ones_like(out)).ravel())
    assert first.spread == pytest.approx(h.std())
    assert first.typical_gradient == pytest.approx(np.sqrt(np.mean((X.T @ d1) ** 2)))
    assert first.upstream == pytest.approx(np.sqrt(np.mean(d1**2)))
    assert first.saturated == pytest.approx((np.abs(h) > 0.97).mean())


def test_a_batch_may_hold_its_targets():
    y = X[:, :10] ** 2
    for batch in ((X, y), nn.data.Dataset(X, y)):
        start = nn.compare_inits([30, 10], ["he_normal"], batch, loss=nn.MSELoss()).starts[0]
        w = nn.MLP([30, 10], init="he_normal", rng=0)[0].weight.data
        by_hand = X.T @ (2 / y.size * (X @ w - y))
        np.testing.assert_allclose(start.layers[0].gradients, by_hand.ravel())
        summed = nn.compare_inits([30, 10], ["he_normal"], batch).starts[0]
        np.testing.assert_allclose(summed.layers[0].gradients, np.repeat(X.sum(axis=0), 10))


def test_the_question_of_the_fourth_seed_why_gradients_vanish():
    inits = {
        "small": nn.init.uniform(-0.05, 0.05),
        "large": nn.init.normal(std=3.0),
        "xavier": "xavier_uniform",
    }
    found = verdicts(DEEP, inits, X)
    assert found["xavier"] == "healthy"
    assert found["small"].startswith("vanishing: ∂Z is ")
    assert "saturated: " in found["large"]
    sigmoid = verdicts(DEEP, ["xavier_uniform"], X, activation="sigmoid")
    assert sigmoid["xavier_uniform"].startswith("vanishing")


def test_equal_weights_never_part():
    found = verdicts([30, 8, 1], ["ones", "zeros", "xavier_uniform"], X, activation="sigmoid")
    assert "symmetric: the units of a layer are equal" in found["ones"]
    assert found["zeros"].startswith("no gradient: ∂W is 0 in 1 of 2 layers")
    assert "symmetric" in found["zeros"]
    assert "symmetric" not in found["xavier_uniform"]


def test_rectifiers_explode_die_and_want_he():
    inits = {"he": "he_uniform", "xavier": "xavier_uniform", "ones": "ones"}
    found = verdicts([30] * 21, inits, X, activation="relu")
    assert found["he"] == "healthy"
    assert "vanishing" in found["xavier"]
    assert "exploding" in found["ones"]

    def dying(init):
        model = nn.MLP([30, 30, 1], "relu", init=init, rng=0)
        model[0].bias.data = np.full(30, -100.0)
        return model

    assert "dead: 100% of the units" in verdicts(dying, ["he_normal"], X)["he_normal"]


def test_what_is_not_finite():
    def nan(shape, rng, dtype):
        return np.full(shape, np.nan, dtype)

    found = nn.compare_inits([30, 4, 1], {"nan": nan}, X)
    assert found["nan"].verdict == "not finite: outputs or gradients overflow"
    assert ET.fromstring(found.svg()) is not None


def test_every_start_gets_the_same_random_numbers():
    def same(shape, rng, dtype):
        return nn.init.xavier_normal(shape, rng, dtype)

    for rng in (3, np.random.default_rng(3)):
        a, b = nn.compare_inits([30, 5, 1], {"a": "xavier_normal", "b": same}, X, rng=rng).starts
        np.testing.assert_array_equal(a.layers[0].outputs, b.layers[0].outputs)


def test_a_loss_and_targets():
    y = np.zeros((128, 1))
    found = nn.compare_inits([30, 5, 1], ["xavier_normal"], X, targets=y, loss=nn.MSELoss())
    outputs = found.starts[0].layers[-1].outputs
    h = found.starts[0].layers[0].outputs.reshape(128, 5)
    expected = h.T @ (2 * outputs[:, None] / 128)
    np.testing.assert_allclose(found.starts[0].layers[-1].gradients, expected.ravel())


def test_plain_data_and_text():
    found = nn.compare_inits([30, 5, 1], ["zeros", "xavier_normal"], X)
    data = json.loads(json.dumps(found.to_dict()))
    assert list(data) == ["zeros", "xavier_normal"]
    layer = data["xavier_normal"]["layers"][0]
    assert sum(layer["outputs"]["counts"]) == 128 * 5
    assert sum(layer["log_gradients"]["counts"]) == 30 * 5
    assert data["zeros"]["layers"][0]["log_gradients"]["counts"] == []
    lines = found.text().splitlines()
    assert lines[0].startswith("zeros: no gradient")
    assert lines[3] == "xavier_normal: healthy"
    assert lines[4].split()[:2] == ["layers.0", "tanh"]
    assert found["zeros"].name == "zeros"
    with pytest.raises(KeyError, match="'he' was not compared; there are"):
        found["he"]


def test_pictures(tmp_path):
    inits = {f'<b>"{k}"</script>': "xavier_normal" for k in range(7)}
    found = nn.compare_inits([30] * 31, inits, X)
    for theme in ("light", "dark", "auto"):
        root = ET.fromstring(found.svg(theme))
        assert "<script" not in found.svg(theme)
        assert "</script" not in found.svg(theme)
    ridges = [p for p in root.iter() if p.get("class") in ("rp", "rn")]
    assert len(ridges) == 7 * 12 * 2
    assert found.svg() == nn.compare_inits([30] * 31, inits, X).svg()
    assert found.save(tmp_path / "x.html").stat().st_size
    assert set(found._repr_mimebundle_()) == {"text/html", "image/svg+xml", "text/plain"}
    with pytest.raises(io.UnsupportedOperation, match="has no DOT form"):
        found.dot()


def test_a_model_of_the_user():
    def build(init):
        return nn.Sequential(nn.Linear(30, 4, init=init, rng=0), nn.ReLU())

    start = nn.compare_inits(build, ["ones"], X).starts[0]
    assert [x.activation for x in start.layers] == ["ReLU"]


REFUSED = [
    (lambda: nn.compare_inits([30, 1], [], X), ValueError, "name at least one initialiser"),
    (lambda: nn.compare_inits([30, 1], ["ones"], X, targets=X), ValueError, "targets without a"),
    (lambda: nn.compare_inits([30, 1], ["ones"], X[:0]), ValueError, "the batch is empty"),
    (lambda: nn.compare_inits([30, 1], ["best"], X), ValueError, "no initialiser 'best'"),
    (lambda: nn.compare_inits([9, 1], ["ones"], X), ValueError, "got x of shape"),
    (lambda: nn.compare_inits([30, 1], ["ones"], X, rng="a"), TypeError, "rng is str 'a'"),
    (lambda: nn.compare_inits(lambda init: 3, ["ones"], X), TypeError, "return an nn.Module, got"),
]


@pytest.mark.parametrize(("mistake", "error", "match"), REFUSED, ids=[r[2] for r in REFUSED])
def test_mistake(mistake, error, match):
    with pytest.raises(error, match=match):
        mistake()


def test_a_verdict_of_several_findings_is_shown_whole():
    compared = nn.compare_inits([30, 20, 20, 4], ["zeros", "he_normal"], X, activation="relu")
    verdict = compared["zeros"].verdict
    assert verdict.count("; ") == 2
    root = ET.fromstring(compared.svg())
    lines = [e.text for e in root.iter() if e.get("class", "") == "v"]
    assert " ".join(lines) == verdict.replace(";", "")
    ys = [float(e.get("y")) for e in root.iter() if e.get("class", "") == "v"]
    first_layer = min(float(e.get("y")) for e in root.iter() if e.text == "layers.0")
    assert max(ys) < first_layer - 20
    assert max(ys) - min(ys) == 13 * (len(lines) - 1)

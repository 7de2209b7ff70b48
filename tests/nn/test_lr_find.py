"""The learning-rate range test: a good suggestion, and everything left as it was."""

import copy

import numpy as np
import pytest

import nn

RNG = np.random.default_rng
X = RNG(0).normal(size=(64, 5))
Y = X @ RNG(1).normal(size=(5, 1))
MSE = nn.MSELoss()


def test_the_suggestion_trains_a_quadratic():
    model = nn.Linear(5, 1, rng=0)
    found = nn.lr_find(model, (X, Y), MSE, nn.SGD(model.parameters(), lr=1.0))
    # gradient descent on a quadratic diverges above 2 / λ, λ the largest eigenvalue of the Hessian
    ones = np.hstack([X, np.ones((64, 1))])
    limit = 2 / np.linalg.eigvalsh(2 * ones.T @ ones / 64).max()
    assert 1e-4 * limit < found.suggestion < limit
    assert found.suggestion <= found.lowest / 10
    assert found.lrs[-1] < 10  # it ended where the loss left all bounds
    optimizer = nn.SGD(model.parameters(), lr=found.suggestion)
    first = nn.evaluate(model, (X, Y), MSE)["loss"]
    nn.fit(model, (X, Y), MSE, optimizer, epochs=200, progress=False)
    assert nn.evaluate(model, (X, Y), MSE)["loss"] < first / 2


def test_curve_is_that_of_a_training_by_hand():
    model = nn.Linear(5, 1, rng=0)
    w, b = model.weight.data.copy(), 0.0
    found = nn.lr_find(
        model, (X, Y), MSE, nn.SGD(model.parameters(), lr=1.0), start=1e-4, end=1e-2, steps=20
    )
    np.testing.assert_allclose(found.lrs, np.geomspace(1e-4, 1e-2, 20), rtol=1e-12)
    for lr, loss in zip(found.lrs, found.losses, strict=True):
        error = X @ w + b - Y
        assert loss == pytest.approx((error**2).mean(), rel=1e-12)
        w, b = w - lr * 2 * X.T @ error / 64, b - lr * 2 * error.mean()


def test_nothing_is_changed_and_seeds_repeat():
    model = nn.Sequential(
        nn.Linear(5, 8, rng=0), nn.Tanh(), nn.Dropout(0.2, rng=1), nn.Linear(8, 1)
    )
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    MSE(model(X), Y).backward()
    optimizer.step()
    rng = RNG(5)

    def state():
        return repr(
            (
                [p.data.tobytes() for p in model.parameters()],
                [p.grad.tobytes() for p in model.parameters()],
                optimizer.state_dict(),
                model[2].rng.bit_generator.state,
                rng.bit_generator.state,
            )
        )

    before = copy.copy(state())
    found = nn.lr_find(model, (X, Y), MSE, optimizer, batch_size=16, rng=rng)
    again = nn.lr_find(model, (X, Y), MSE, optimizer, batch_size=16, rng=rng)
    assert state() == before
    assert found == again
    assert found != nn.lr_find(model, (X, Y), MSE, optimizer, batch_size=16, rng=6)


def test_ready_made_batches_and_values():
    model = nn.scalar.MLP(5, [3, 1], activation="tanh", rng=RNG(0))
    batches = [(X[:4], Y[:4, 0]), (X[4:8], Y[4:8, 0])]
    found = nn.lr_find(model, batches, MSE, nn.SGD(model.parameters(), lr=1.0), steps=40)
    assert found.suggestion is not None


def test_a_loss_that_only_rises_gives_no_suggestion():
    model = nn.Linear(1, 1, bias=False, init="zeros")
    data = np.ones((1, 1)), np.ones((1, 1))
    optimizer = nn.SGD(model.parameters(), lr=1.0)
    found = nn.lr_find(model, data, lambda p, y: -MSE(p, y) + 2.0 * p.mean(), optimizer, start=1)
    assert found.suggestion is not None  # climbs down without end
    found = nn.lr_find(
        model, data, lambda p, y: (p - 0.0).sum() * 1e-300 + 1.0, optimizer, start=1e-3
    )
    assert found.suggestion is None
    assert "no suggestion: the loss never fell" in repr(found)
    assert "no suggestion" in found.picture().svg()


def test_text_data_and_picture(tmp_path):
    model = nn.Linear(5, 1, rng=0)
    found = nn.lr_find(model, (X, Y), MSE, nn.SGD(model.parameters(), lr=1.0))
    assert f"suggestion {found.suggestion:.2g}" in repr(found)
    assert found.to_dict()["suggestion"] == found.suggestion
    svg = found.picture("light").svg("light")
    assert svg.count("<circle") == len(found.losses) + 1  # and one in the legend
    assert "<polyline" in svg
    assert all(f">{word}</text>" in svg for word in ("every step", "smoothed"))
    assert found._repr_mimebundle_()["text/plain"]
    assert found.save(tmp_path / "lr.html").read_text("utf8") == found.picture().html()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"start": 0}, "start must be above 0 and below end, got 0.0 and 10.0"),
        ({"start": 2, "end": 1}, "start must be above 0 and below end"),
        ({"start": -1}, "lr_find: start must be at least 0"),
        ({"steps": 7}, "7 steps make no curve; take at least 8"),
        ({"steps": 0}, "steps"),
    ],
)
def test_bad_options(options, match):
    model = nn.Linear(5, 1)
    with pytest.raises(ValueError, match=match):
        nn.lr_find(model, (X, Y), MSE, nn.SGD(model.parameters(), lr=1.0), **options)


def test_misuse_is_told():
    model = nn.Linear(5, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=1.0)
    with pytest.raises(TypeError, match="lr_find takes a Module, got function"):
        nn.lr_find(lambda x: x, (X, Y), MSE, optimizer)
    with pytest.raises(ValueError, match="the loss has no gradient for any parameter of the optim"):
        nn.lr_find(model, (X, Y), lambda p, y: MSE(model(X), y), optimizer)
    with pytest.raises(ValueError, match="the loss is nan before the first step"):
        nn.lr_find(model, (X, Y), lambda p, y: p.sum() * np.nan, optimizer)
    match = "lr_find gave no batches; is it empty, or an iterator that is used up"
    with pytest.raises(ValueError, match=match):
        nn.lr_find(model, iter([(X, Y)]), MSE, optimizer)

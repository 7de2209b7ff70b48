"""Models, data and batches of all forms in fit, evaluate and predict."""

import numpy as np
import pytest

import nn
from autograd import Value

from .fits import X, Y, equal, everything, network, run, setup


def test_moons_with_values_equal_the_same_network_of_tensors():
    x, y = X[:20], 2.0 * Y[:20] - 1
    values = nn.scalar.MLP(2, [4, 1], activation="tanh", rng=0)
    tensors = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    for layer, neurons in zip(tensors.layers[::2], values.layers, strict=True):
        layer.weight.data = np.array([[w.data for w in n.w] for n in neurons.neurons]).T
        layer.bias.data = np.array([n.b.data for n in neurons.neurons])
    options = {"epochs": 5, "batch_size": 8, "clip_norm": 0.3, "metrics": ["mae"]}
    a = run(values, nn.Adam(values.parameters(), lr=0.05), (x, y), nn.MSELoss(), **options)
    b = run(
        tensors, nn.Adam(tensors.parameters(), lr=0.05), (x, y[:, None]), nn.MSELoss(), **options
    )
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-9)
    assert a["loss"][-1] < a["loss"][0]
    assert all(type(p.data) is float for p in values.parameters())
    assert isinstance(values.parameters()[0], Value)
    np.testing.assert_allclose(nn.predict(values, x), nn.predict(tensors, x)[:, 0], rtol=1e-9)


def test_a_network_of_values_fails_and_goes_back():
    model = nn.scalar.MLP(2, [3, 1], rng=0)
    optimizer = nn.SGD(model.parameters(), lr=1e200)
    before = everything(model, optimizer)
    with pytest.raises(FloatingPointError), np.errstate(all="ignore"):
        run(model, optimizer, (X, Y * 1.0), nn.MSELoss(), batch_size=10)
    equal(everything(model, optimizer), before)


def test_values_of_wrong_width_are_refused():
    model = nn.scalar.MLP(3, [2, 1], rng=0)
    with pytest.raises(ValueError, match="takes 3 inputs, got 2"):
        run(model, nn.SGD(model.parameters(), lr=0.1), (X, Y * 1.0), nn.MSELoss())


def test_batches_made_by_the_user():
    model, optimizer = setup()
    parts = [(X[:25], Y[:25]), (X[25:50], Y[25:50]), (X[50:], Y[50:])]
    a = run(model, optimizer, parts, batch_size=None, validation=parts, schedule=lambda t: 1 + t)
    other, its = setup()
    b = run(
        other,
        its,
        (X, Y),
        batch_size=25,
        shuffle=False,
        validation=(X, Y),
        schedule=lambda t: 1 + t,
    )
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-12)

    class Anew:
        def __iter__(self):
            return iter(parts)

    model, optimizer = setup()
    c = run(model, optimizer, Anew(), batch_size=None)
    assert c["step"] == [3, 6, 9, 12]


def test_the_last_short_batch_can_be_dropped():
    model, optimizer = setup()
    sizes = []
    run(model, optimizer, drop_last=True, callback=lambda s: sizes.append(len(s.batch[1])))
    assert sizes == [16] * 12


def test_sum_of_losses_is_summed_and_validated_in_evaluation_mode():
    model, optimizer = setup(lr=0.0, dropout=True)
    loss = nn.CrossEntropyLoss("sum")
    history = run(model, optimizer, loss=loss, validation=(X, Y), epochs=2)
    model.eval()
    total = float(loss(model(X), Y))
    np.testing.assert_allclose(history["val_loss"], [total, total], rtol=1e-12)
    assert abs(history["loss"][0] - total) > 1e-3
    assert abs(history["loss"][0] - total) < 0.5 * total


def test_training_puts_the_model_into_training_mode():
    model, optimizer = setup(dropout=True)
    run(model, optimizer)
    other, its = setup(dropout=True)
    # as it is after a look at the model in between
    run(other.eval(), its, callback=lambda step: other.eval())
    equal(everything(model, optimizer), everything(other, its))


def test_evaluate_and_predict():
    model, _ = setup(dropout=True)
    model.layers[2].training = False
    plain = nn.predict(model, X)
    np.testing.assert_allclose(nn.predict(model, X, batch_size=7), plain, rtol=1e-12)
    assert [m.training for m in model.modules()] == [True, True, True, False, True]
    found = nn.evaluate(model, (X, Y), nn.CrossEntropyLoss(), "accuracy", batch_size=7)
    logp = plain - np.log(np.exp(plain).sum(1, keepdims=True))
    assert found["loss"] == pytest.approx(-logp[np.arange(60), Y].mean(), rel=1e-12)
    assert found["accuracy"] == (plain.argmax(1) == Y).mean()
    assert nn.evaluate(model, (X, Y), metrics="accuracy") == {"accuracy": found["accuracy"]}
    assert all(p.grad is None for p in model.parameters())


def test_float32_stays():
    model = nn.Sequential(
        nn.Linear(2, 4, dtype=np.float32), nn.ReLU(), nn.Linear(4, 2, dtype=np.float32)
    )
    history = run(model, nn.Adam(model.parameters()), (X.astype(np.float32), Y), clip_norm=1e-3)
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    assert len(history) == 4


def test_one_sample_one_feature():
    model = nn.Linear(1, 1, rng=0)
    data = np.array([[2.0]]), np.array([[1.0]])
    history = run(model, nn.SGD(model.parameters(), lr=0.1), data, nn.MSELoss(), epochs=60)
    assert history["loss"][-1] < 1e-12


def test_a_plain_function_and_frozen_parameters():
    w, b = nn.Parameter([[1.0], [1.0]]), nn.Parameter([0.5])
    b.requires_grad = False
    data = X, X @ [[2.0], [-1.0]] + 0.5
    history = run(lambda x: x @ w + b, nn.SGD([w, b], lr=0.3), data, nn.MSELoss(), epochs=200)
    np.testing.assert_allclose(w.data, [[2.0], [-1.0]], atol=1e-6)
    assert b.data == 0.5
    assert history["loss"][-1] < 1e-10


class Halves(nn.Module):
    """A model of several outputs, as a tuple or a dictionary."""

    def __init__(self, form):
        self.mean, self.spread, self.form = nn.Linear(2, 1, rng=0), nn.Linear(2, 1, rng=1), form

    def forward(self, x):
        return self.form(self.mean(x), self.spread(x))


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("form", [lambda a, b: (a, b), lambda a, b: {"mean": a, "spread": b}])
def test_a_model_may_return_several_outputs(form, jit):
    model, y = Halves(form), X[:, :1]

    def parts(p):
        return tuple(p.values()) if isinstance(p, dict) else p

    def loss(p, y):
        mean, spread = parts(p)
        return np.mean((mean - y) ** 2) + np.mean(spread**2)

    history = run(
        model, nn.SGD(model.parameters(), lr=0.0), (X, y), loss, jit=jit, shuffle=False,
        metrics={"spread": lambda p, y: np.mean(parts(p)[1] ** 2)},
    )  # fmt: skip
    means, spreads = (X @ m.weight.data + m.bias.data for m in (model.mean, model.spread))
    assert history["spread"][0] == pytest.approx(np.mean(spreads**2))
    assert history["loss"][0] == pytest.approx(np.mean((means - y) ** 2) + np.mean(spreads**2))
    for size in (None, 7):
        found = nn.predict(model, X, size)
        assert type(found) is type(form(0, 0))
        np.testing.assert_allclose(parts(found)[0], means)
        np.testing.assert_allclose(parts(found)[1], spreads)


def test_predictions_have_a_row_for_each_sample():
    with pytest.raises(ValueError, match="one number for a whole batch; give one row for each"):
        nn.predict(lambda x: np.sum(x), X)
    with pytest.raises(TypeError, match=r"the inputs alone, got a Dataset; give data\.x"):
        nn.predict(network(), nn.data.Dataset(X, Y))
    assert nn.predict(lambda x: [Value(1.0), Value(2.0)], X[:2]).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("x", "y", "error"),
    [
        (np.ones((4, 3)), [0, 1, 0, 1], "got x of shape"),
        (np.ones((4, 2)), [0, 1, 0, 2], "class index 2 is out of range"),
        (np.ones((4, 2)), [0.0, 1.0, 0.0, 1.0], "class indices are integers"),
        (np.ones((4, 2)), [[0], [1], [0], [1]], "do not fit"),
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_unfit_validation_data_are_noticed_before_the_first_step(x, y, error, listed):
    model = nn.MLP([2, 3, 2], rng=0)
    before, optimizer = model.state_dict(), nn.Adam(model.parameters())
    validation = (x, np.array(y))
    steps = []
    with pytest.raises((TypeError, ValueError), match=error) as caught:
        nn.fit(
            model, (np.ones((4, 2)), np.array([0, 1, 0, 1])), nn.CrossEntropyLoss(), optimizer,
            epochs=1, validation=[validation] if listed else validation, callback=steps.append,
        )  # fmt: skip
    assert "before the first step; nothing was changed" in caught.value.__notes__[-1]
    assert not steps
    assert all(p.grad is None for p in model.parameters())
    assert all(np.array_equal(a, before[name]) for name, a in model.state_dict().items())


def test_validation_of_fewer_labels_costs_no_evaluation_before_the_first_step():
    calls = []

    def loss(p, y):
        calls.append(len(y))
        return nn.functional.cross_entropy(p, y)

    model = nn.MLP([2, 3, 2], rng=0)
    nn.fit(
        model, (np.ones((4, 2)), np.array([0, 1, 0, 1])), loss, nn.Adam(model.parameters()),
        epochs=1, validation=(np.ones((3, 2)), np.array([1, 1, 1])),
    )  # fmt: skip
    assert calls == [4, 3]


def test_a_training_that_fails_leaves_no_gradients_of_the_steps_it_takes_back():
    model = nn.MLP([2, 3, 2], rng=0)
    before, optimizer = model.state_dict(), nn.Adam(model.parameters())

    def metric(p, y):
        raise RuntimeError("in the middle")

    for options in ({"metrics": {"mine": metric}}, {"validation": iter([1.0])}):
        with pytest.raises((RuntimeError, TypeError)):
            nn.fit(
                model, (np.ones((4, 2)), np.array([0, 1, 0, 1])), nn.CrossEntropyLoss(), optimizer,
                epochs=1, batch_size=2, **options,
            )  # fmt: skip
        assert all(p.grad is None for p in model.parameters())
        assert all(np.array_equal(a, before[name]) for name, a in model.state_dict().items())


def test_a_part_for_validation_is_split_off_before():
    model = nn.Linear(2, 2, rng=0)
    data, optimizer = nn.data.moons(40, rng=0), nn.SGD(model.parameters(), lr=0.1)
    match = (
        r"validation is float; .*train, validation = nn\.data\.train_test_split\(data, test=0\.2\)"
    )
    with pytest.raises(TypeError, match=match):
        nn.fit(model, data, nn.CrossEntropyLoss(), optimizer, epochs=1, validation=0.2)
    train, validation = nn.data.train_test_split(data, test=0.2, rng=0)
    history = nn.fit(
        model,
        train,
        nn.CrossEntropyLoss(),
        optimizer,
        epochs=1,
        validation=validation,
        progress=False,
    )
    assert len(history["val_loss"]) == 1
    with pytest.raises(ValueError, match=r"shape \(32, 2\), and must be .* or take its \.mean\(\)"):
        nn.fit(model, train, lambda p, y: p * 1.0, optimizer, epochs=1)

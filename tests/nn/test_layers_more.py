"""Dropout, Embedding, attention and RMSProp: closed forms, torch, errors."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, check_grads, grad
from nn import Dropout, Embedding, MultiHeadAttention, RMSProp
from nn.layers.attention import scaled_dot_product_attention as attend

RNG = np.random.default_rng


# --------------------------------------------------------------------------------------------------
# Dropout


def test_dropout_keeps_the_mean_and_drops_its_share():
    y = Dropout(0.25, rng=0)(np.ones((400, 500)))
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    # five deviations of the mean of 200,000 such numbers
    assert abs((y == 0).mean() - 0.25) < 5 * (0.25 * 0.75 / y.size) ** 0.5


def test_dropout_of_evaluation_and_of_nothing_is_the_input():
    x = RNG(0).normal(size=(3, 4))
    layer = Dropout(0.5, rng=0)
    assert (layer.eval()(x) == x).all()
    assert (layer.train()(x) != x).any()
    assert (Dropout(0.0)(x) == x).all()
    assert (Dropout(1.0)(x) == 0).all()


def test_dropout_gradient_is_the_mask():
    x = Tensor(RNG(0).normal(size=(6, 7)), requires_grad=True)
    y = Dropout(rng=1)(x)  # a half of the numbers
    y.sum().backward()
    assert set(np.unique(x.grad)) == {0.0, 2.0}
    assert (y.data == x.data * x.grad).all()


def test_dropout_dtype_seed_and_single_numbers():
    x = Tensor(np.ones(9), dtype=np.float32, requires_grad=True)
    y = Dropout(0.5, rng=0)(x)
    assert y.dtype == np.float32
    assert (Dropout(0.5, rng=0)(x).data == y.data).all()
    value = Dropout(0.5, rng=0)(Value(3.0))
    assert isinstance(value, Value)
    assert value.data in (0.0, 6.0)
    assert Dropout(0.5)(np.zeros((0, 3))).shape == (0, 3)


def test_dropout_shared_generator_gives_fresh_masks():
    layer = Dropout(0.5, rng=0)
    x = np.ones(64)
    assert (layer(x) != layer(x)).any()


@pytest.mark.parametrize(
    ("p", "error", "match"),
    [
        (1.5, ValueError, "Dropout: p is a probability, from 0 to 1, got 1.5"),
        (-0.1, ValueError, "Dropout: p must be at least 0"),
        (np.nan, ValueError, "Dropout: p must be at least 0"),
        ("half", TypeError, "Dropout: p is a number, got str 'half'"),
    ],
)
def test_dropout_errors(p, error, match):
    with pytest.raises(error, match=match):
        Dropout(p)


def test_dropout_is_active_in_training_only_inside_a_model():
    model = nn.Sequential(nn.Linear(2, 50, init="ones", rng=0), Dropout(0.5, rng=0))
    x = np.ones((1, 2))
    assert (model(x).data == 0).any()
    assert (model.eval()(x).data == 2).all()
    assert repr(model).splitlines()[-1].split() == ["layers.1", "Dropout(0.5)"]


# --------------------------------------------------------------------------------------------------
# Embedding


def test_embedding_looks_up_rows_and_adds_their_gradients():
    layer = Embedding(5, 3, rng=0)
    y = layer([[1, 4], [1, 1]])
    assert (y.data == layer.weight.data[[[1, 4], [1, 1]]]).all()
    (y * np.arange(12.0).reshape(2, 2, 3)).sum().backward()
    expected = np.zeros((5, 3))
    expected[1] = [0 + 6 + 9, 1 + 7 + 10, 2 + 8 + 11]
    expected[4] = [3, 4, 5]
    assert (layer.weight.grad == expected).all()


def test_embedding_shapes_and_text():
    layer = Embedding(5, 3, rng=0, dtype=np.float32)
    assert layer(2).shape == (3,)
    assert layer([]).shape == (0, 3)
    assert layer(np.uint8([0, 4])).dtype == np.float32
    assert layer.title() == "Embedding(5 -> 3)"


@pytest.mark.parametrize(
    ("indices", "error", "match"),
    [
        ([0, 5], ValueError, r"rows 0 to 4 and was asked for 5, in indices of shape \(2,\); make"),
        ([-1], ValueError, "was asked for -1"),
        ([0.0], TypeError, r"takes integers from 0 to 4, got an array of float64 of shape \(1,\)"),
        ([True], TypeError, "got an array of bool"),
    ],
)
def test_embedding_errors(indices, error, match):
    with pytest.raises(error, match=match):
        Embedding(5, 3)(indices)


def test_embedding_sizes():
    with pytest.raises(ValueError, match="Embedding: count is a positive integer, got 0"):
        Embedding(0, 3)
    with pytest.raises(TypeError, match="Embedding: features is a positive integer, got float"):
        Embedding(2, 3.0)


# --------------------------------------------------------------------------------------------------
# Attention


def by_hand(q, k, v, allowed):
    out = np.zeros((len(q), v.shape[1]))
    for i in range(len(q)):
        scores = [
            q[i] @ k[j] / q.shape[1] ** 0.5 if allowed[i, j] else -np.inf for j in range(len(k))
        ]
        w = np.exp(np.array(scores) - max(scores))
        out[i] = (w / w.sum()) @ v
    return out


def test_attention_by_loops():
    rng = RNG(0)
    q, k, v = rng.normal(size=(4, 3)), rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    mask = rng.random((4, 6)) < 0.6
    mask[:, 0] = True
    every = np.ones((4, 6), bool)
    np.testing.assert_allclose(attend(q, k, v), by_hand(q, k, v, every), rtol=1e-13)
    np.testing.assert_allclose(attend(q, k, v, mask=mask), by_hand(q, k, v, mask), rtol=1e-13)
    both = mask[:, :4] & np.tri(4, dtype=bool)
    both[:, 0] = True
    got = attend(q, k[:4], v[:4], mask=mask[:, :4], causal=True)
    np.testing.assert_allclose(got, by_hand(q, k[:4], v[:4], both), rtol=1e-13)


def test_attention_of_rows_that_nobody_or_everybody_looks_at():
    v = np.arange(6.0).reshape(2, 3)
    first = attend(np.ones((4, 2)), np.ones((2, 2)), v, mask=np.tile([True, False], (4, 1)))
    np.testing.assert_array_equal(first, np.tile(v[0], (4, 1)))
    assert attend(np.ones((0, 2)), np.ones((2, 2)), v).shape == (0, 3)


def test_causal_attention_does_not_look_ahead():
    layer = MultiHeadAttention(6, 2, causal=True, rng=0)
    x = Tensor(RNG(0).normal(size=(5, 6)), requires_grad=True)
    layer(x)[2].sum().backward()
    assert (x.grad[3:] == 0).all()
    assert (x.grad[:3] != 0).all()


def test_attention_gradients_of_first_and_second_order():
    q, k, v = RNG(0).normal(size=(3, 2, 3, 2))
    mask = np.tri(3, dtype=bool)
    check_grads(lambda q, k, v: attend(q, k, v, mask=mask) ** 2, (q, k, v))

    def slope(q):
        return (grad(lambda q: (attend(q, k, v, causal=True) ** 3).sum())(q) ** 2).sum()

    check_grads(slope, (q,))


def test_heads_are_attentions_on_parts_of_the_features():
    layer = MultiHeadAttention(6, 3, rng=0)
    x, context = RNG(1).normal(size=(4, 6)), RNG(2).normal(size=(5, 6))
    q, k, v = layer.query(x).data, layer.key(context).data, layer.value(context).data
    parts = [attend(q[:, s], k[:, s], v[:, s]) for s in (slice(0, 2), slice(2, 4), slice(4, 6))]
    expected = layer.output(np.concatenate(parts, axis=1)).data
    np.testing.assert_allclose(layer(x, context).data, expected, rtol=1e-12)


def test_masks_of_batches_and_dtype():
    layer = MultiHeadAttention(4, 2, rng=0, dtype=np.float32)
    x = RNG(0).normal(size=(3, 5, 4)).astype(np.float32)
    masks = RNG(1).random((3, 5, 5)) < 0.7
    masks |= np.eye(5, dtype=bool)
    y = layer(x, mask=masks)
    assert y.dtype == np.float32
    for i in range(3):
        np.testing.assert_allclose(layer(x[i], mask=masks[i]).data, y.data[i], rtol=2e-5)
    assert layer.title() == "MultiHeadAttention(4, 2 heads)"
    assert MultiHeadAttention(4, 2, causal=True).title().endswith(", causal)")


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: attend(np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 4))), ValueError,
         r"attention: query \(2, 3\), key \(2, 4\) and value \(2, 4\) do not fit"),
        (lambda: attend(np.ones(3), np.ones(3), np.ones(3)), ValueError, "do not fit"),
        (lambda: attend(np.ones((2, 3)), np.ones((0, 3)), np.ones((0, 3))), ValueError,
         "have nothing to compare; give rows"),
        (lambda: attend(np.ones((5, 2, 0)), np.ones((5, 3, 0)), np.ones((5, 3, 4))), ValueError,
         r"query \(5, 2, 0\) and key \(5, 3, 0\) have nothing to compare"),
        (lambda: attend(*np.ones((3, 2, 2)), mask=[[1, 0], [0, 1]]), TypeError,
         "the mask is of int64; give bool, True where a row may look"),
        (lambda: attend(*np.ones((3, 2, 2)), mask=np.ones((3, 2), bool)), ValueError,
         r"the mask \(3, 2\) does not fit the scores \(2, 2\); give \(2, 2\)"),
        (lambda: attend(*np.ones((3, 2, 2)), mask=np.array([[True, False], [False, False]])),
         ValueError, "the mask lets a row look at nothing"),
        (lambda: attend(*np.ones((3, 2, 2)), mask=np.array([[True, True], [False, False]])),
         ValueError, "the mask lets a row look at nothing"),
        (lambda: attend(np.ones((2, 2)), np.ones((3, 2)), np.ones((3, 2)), causal=True),
         ValueError, "causal needs as many queries as keys, got 2 and 3"),
        (lambda: MultiHeadAttention(6, 4), ValueError, "4 heads cannot share 6 features evenly"),
        (lambda: MultiHeadAttention(6, 0), ValueError, "heads is a positive integer, got 0"),
        (lambda: MultiHeadAttention(6, 2)(np.ones((2, 5))), ValueError,
         r"MultiHeadAttention over 6 features got x of shape \(2, 5\); give \(..., rows, 6\)"),
        (lambda: MultiHeadAttention(6, 2)(np.ones((2, 6)), np.ones(6)), ValueError,
         r"got the context of shape \(6,\)"),
    ],
)  # fmt: skip
def test_attention_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()


# --------------------------------------------------------------------------------------------------
# RMSProp


def _rms_by_hand(w, gradients, lr, alpha, eps, decay, momentum, centered):
    v = m = b = np.zeros_like(w)
    for of in gradients:
        g = of(w) + decay * w
        v = alpha * v + (1 - alpha) * g * g
        m = alpha * m + (1 - alpha) * g
        size = g / (np.sqrt(v - m * m if centered else v) + eps)
        b = momentum * b + size
        w = w - lr * (b if momentum else size)
    return w


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.7])
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_rmsprop_by_hand(decay, momentum, centered):
    start = RNG(0).normal(size=(3, 4))
    w = nn.Parameter(start)
    values = [Value(x) for x in start.ravel().tolist()]
    optimizer = RMSProp([w, *values], 0.05, 0.9, 1e-6, decay, momentum, centered)
    for _ in range(5):
        optimizer.zero_grad()
        ((w**4).sum() + sum(v**4 for v in values)).backward()
        optimizer.step()
    gradients = [lambda w: 4 * w**3] * 5
    expected = _rms_by_hand(start, gradients, 0.05, 0.9, 1e-6, decay, momentum, centered)
    np.testing.assert_allclose(w.data, expected, rtol=1e-12)
    np.testing.assert_allclose([v.data for v in values], expected.ravel(), rtol=1e-12)


def test_rmsprop_of_large_tensors_and_float32():
    w = nn.Parameter(RNG(0).normal(size=40_000), dtype=np.float32)
    before = w.data.copy()
    optimizer = RMSProp([w], centered=True)
    (w * 2).sum().backward()
    optimizer.step()
    assert w.dtype == np.float32
    # g / √(v - m²) with v = g²/100 and m = g/100
    np.testing.assert_allclose(w.data, before - 0.01 / (0.01 - 0.0001) ** 0.5, rtol=1e-4, atol=1e-6)


def test_rmsprop_state_and_settings():
    w = nn.Parameter([1.0])
    optimizer = RMSProp([w], lr=0.1, momentum=0.5, centered=True)
    (w * w).sum().backward()
    optimizer.step()
    other = RMSProp([nn.Parameter([1.0])], momentum=0.1, centered=True)
    other.load_state_dict(optimizer.state_dict())
    assert repr(other.state_dict()) == repr(optimizer.state_dict())
    assert "alpha=0.99" in repr(other)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"alpha": 1.0}, "RMSProp: alpha must be at least 0 and below 1, got 1.0"),
        ({"eps": 0}, "RMSProp: eps must be above 0"),
        ({"lr": -1}, "RMSProp: lr must be at least 0"),
        ({"momentum": -1}, "RMSProp: momentum must be at least 0"),
        ({"weight_decay": np.nan}, "RMSProp: weight_decay must be at least 0"),
    ],
)
def test_rmsprop_errors(options, match):
    with pytest.raises(ValueError, match=match):
        RMSProp([nn.Parameter([1.0])], **options)


# --------------------------------------------------------------------------------------------------
# The same numbers as PyTorch, where it is installed


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("masked", [False, True])
def test_attention_as_in_torch(torch, masked):
    rng = RNG(0)
    ours = MultiHeadAttention(8, 2, rng=1)
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        parts = [ours.query, ours.key, ours.value]
        for layer in [*parts, ours.output]:
            layer.bias.data = rng.normal(size=8)
        theirs.in_proj_weight.copy_(torch.tensor(np.concatenate([p.weight.data.T for p in parts])))
        theirs.in_proj_bias.copy_(torch.tensor(np.concatenate([p.bias.data for p in parts])))
        theirs.out_proj.weight.copy_(torch.tensor(ours.output.weight.data.T))
        theirs.out_proj.bias.copy_(torch.tensor(ours.output.bias.data))
    x = rng.normal(size=(3, 5, 8))
    allowed = np.tri(5, dtype=bool)
    a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y = ours(a, mask=allowed if masked else None)
    # torch marks what must not be looked at
    z, _ = theirs(b, b, b, attn_mask=torch.tensor(~allowed) if masked else None)
    (y**2).sum().backward()
    (z**2).sum().backward()
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-11)
    np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        ours.output.weight.grad, theirs.out_proj.weight.grad.numpy().T, rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_rmsprop_as_in_torch(torch, momentum, centered):
    start = RNG(0).normal(size=(3, 2))
    w, u = nn.Parameter(start), torch.tensor(start, requires_grad=True)
    options = {"lr": 0.01, "weight_decay": 0.1, "momentum": momentum, "centered": centered}
    ours, theirs = RMSProp([w], **options), torch.optim.RMSprop([u], **options)
    for _ in range(20):
        for p, optimizer in ((w, ours), (u, theirs)):
            optimizer.zero_grad()
            (p**4).sum().backward()
            optimizer.step()
    np.testing.assert_allclose(w.data, u.detach().numpy(), rtol=1e-10)


def test_embedding_as_in_torch(torch):
    ours, theirs = Embedding(6, 3, rng=0), torch.nn.Embedding(6, 3, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(ours.weight.data))
    i = np.array([[0, 5, 5], [2, 0, 1]])
    (ours(i) ** 2).sum().backward()
    (theirs(torch.tensor(i)) ** 2).sum().backward()
    np.testing.assert_allclose(ours.weight.grad, theirs.weight.grad.numpy(), rtol=1e-13)


def test_the_cure_for_an_unknown_token():
    layer = nn.Embedding(5, 3, rng=0)
    with pytest.raises(ValueError, match=r"asked for 6, .*; make it Embedding\(8, 3\) or leave"):
        layer([0, 6, 7])
    with pytest.raises(ValueError, match=r"asked for -1, in indices of shape \(2,\); leave that"):
        layer([7, -1][::-1])

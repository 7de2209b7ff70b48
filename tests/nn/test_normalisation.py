"""LayerNorm and RMSNorm: closed forms, torch, errors."""

import numpy as np
import pytest

import nn
from autograd import Tensor, check_grads
from nn import LayerNorm, RMSNorm

RNG = np.random.default_rng


@pytest.mark.parametrize("features", [7, (3, 7), [4, 3, 7], (7,)])
def test_norms_closed_form(features):
    x = RNG(0).normal(size=(4, 3, 7)) * 5 + 2
    shape = (features,) if features == 7 else tuple(features)
    last = tuple(range(-len(shape), 0))
    layer = LayerNorm(features)
    layer.weight.data, layer.bias.data = RNG(1).normal(size=(2, *shape))
    mean, var = x.mean(last, keepdims=True), x.var(last, keepdims=True)
    expected = (x - mean) / np.sqrt(var + 1e-5) * layer.weight.data + layer.bias.data
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-12)
    layer = RMSNorm(features, eps=0.1)
    layer.weight.data = RNG(1).normal(size=shape)
    expected = x / np.sqrt((x**2).mean(last, keepdims=True) + 0.1) * layer.weight.data
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-13)


@pytest.mark.parametrize("layer", [LayerNorm(4), RMSNorm(4), LayerNorm((3, 4))])
def test_norms_gradients_and_dtype(layer):
    x = RNG(0).normal(size=(3, 4))
    check_grads(lambda x: layer(x) ** 2, (x,))
    assert type(layer)(4, dtype=np.float32)(x.astype(np.float32)).dtype == np.float32


def test_norms_of_constants_and_without_parameters():
    assert (LayerNorm(3)(np.full((2, 3), 7.0)).data == 0).all()
    assert (RMSNorm(3)(np.zeros((2, 3))).data == 0).all()
    assert RMSNorm(1)([0.001]).item() == pytest.approx(0.001 / (1e-6 + 1e-5) ** 0.5)
    assert LayerNorm(3, gain=False, bias=False).parameters() == []
    assert RMSNorm(3, gain=False).parameters() == []
    assert LayerNorm(3).title() == "LayerNorm(3)"
    assert LayerNorm((2, 3)).title() == "LayerNorm((2, 3))"


def test_norm_errors():
    match = r"LayerNorm over 3 features got x of shape \(2, 4\); the last axis .* LayerNorm\(4\)"
    with pytest.raises(ValueError, match=match):
        LayerNorm(3)(np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"RMSNorm 'layers.0' over 3 features got x of shape \(4,"):
        nn.Sequential(RMSNorm(3))(np.ones(4))
    with pytest.raises(ValueError, match=r"LayerNorm over 3 features got x .* LayerNorm\(1\)"):
        LayerNorm(3)(1.0)
    match = (
        r"LayerNorm over \(2, 3\) features got x of shape \(5, 3\); the last axes must .*\(5, 3\)"
    )
    with pytest.raises(ValueError, match=match):
        LayerNorm((2, 3))(np.ones((5, 3)))
    with pytest.raises(ValueError, match=r"RMSNorm over \(2, 3\) .* make it RMSNorm\(3\)"):
        RMSNorm((2, 3))(np.ones(3))
    for wrong in ((), (2, 0), (2, "a")):
        with pytest.raises((ValueError, TypeError), match="LayerNorm: features is a positive int"):
            LayerNorm(wrong)
    with pytest.raises(ValueError, match="RMSNorm: eps must be at least 0"):
        RMSNorm(3, eps=-1.0)
    with pytest.raises(ValueError, match="LayerNorm: features is a positive integer"):
        LayerNorm(0)


def test_norms_as_in_torch():
    torch = pytest.importorskip("torch")
    x = RNG(0).normal(size=(4, 6))
    for ours, theirs in (
        (LayerNorm(6), torch.nn.LayerNorm(6, dtype=torch.float64)),
        (RMSNorm(6), torch.nn.RMSNorm(6, eps=1e-5, dtype=torch.float64)),
        (LayerNorm((4, 6)), torch.nn.LayerNorm((4, 6), dtype=torch.float64)),
    ):
        a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = ours(a), theirs(b)
        (y**3).sum().backward()
        (z**3).sum().backward()
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(ours.weight.grad, theirs.weight.grad.numpy(), rtol=1e-10)

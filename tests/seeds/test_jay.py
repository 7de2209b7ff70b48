"""Jay's 3-3-3-3 network: every number of the forward and backward pass, and its derivations."""

import numpy as np
import pytest

from autograd import Tensor, Value, softmax, softmax_cross_entropy, sumprod

from .networks import (
    JAY_W,
    JAY_X,
    JAY_Y,
    cross_entropy,
    finite_differences,
    from_output,
    jay_engine,
    logistic,
    same,
    softmax_rows,
)

PRINTED = 5.1e-11  # half a unit of the tenth decimal
LEARNING_RATE = 0.01

EXACT = {
    "h1": [1.35, 1.27, 1.8],
    "h2_in": [2.731, 2.76, 4.004],
    "h2": [0.9388312895, 0.9404756340, 0.9820843048],
    "O_in": [1.8670679716, 2.2302823206, 2.8230360327],
    "O": [0.1984468942, 0.2853555304, 0.5161975753],
}

GRADIENTS = {
    "b_l": [-0.8015531058, 0.2853555304, 0.5161975753],
    "W_kl": [
        [-0.7525231359, 0.2679007006, 0.4846224353],
        [-0.7538411653, 0.2683699234, 0.4854712420],
        [-0.7871927246, 0.2802431877, 0.5069495369],
    ],
    "b_k": [0.0256667527, 0.0035000830, 0.0021267159],
    "W_jk": [
        [0.0346501162, 0.0047251121, 0.0028710665],
        [0.0325967760, 0.0044451054, 0.0027009292],
        [0.0462001549, 0.0063001494, 0.0038280886],
    ],
    "b_j": [0.0072467334, 0.0109387685, 0.0185014576],
    "W_ij": [
        [0.0007246733, 0.0010938768, 0.0018501458],
        [0.0014493467, 0.0021877537, 0.0037002915],
        [0.0050727134, 0.0076571379, 0.0129510203],
    ],
}

NEW_WEIGHTS = {
    "W_kl": [
        [0.1075252314, 0.3973209930, 0.7951537756],
        [0.3075384117, 0.6973163008, 0.1951452876],
        [0.5078719272, 0.1971975681, 0.8949305046],
    ],
    "W_jk": [
        [0.1996534988, 0.2999527489, 0.4999712893],
        [0.2996740322, 0.4999555489, 0.6999729907],
        [0.5995379985, 0.3999369985, 0.7999617191],
    ],
    "W_ij": [
        [0.0999927533, 0.1999890612, 0.2999814985],
        [0.2999855065, 0.1999781225, 0.6999629971],
        [0.3999492729, 0.2999234286, 0.8998704898],
    ],
}


@pytest.fixture(scope="module")
def net():
    return jay_engine()


def check_printed(actual, printed):
    np.testing.assert_allclose(actual, printed, rtol=0, atol=PRINTED)


def test_structure_and_inputs(net):
    """D1 D2 D3: 3-3-3-3, ReLU, sigmoid, softmax; one row; biases all 1."""
    assert [net[n].op.name for n in ("h1", "h2", "O")] == ["relu", "sigmoid", "softmax"]
    assert {n: net[n].shape for n in ("W_ij", "W_jk", "W_kl", "b_l", "O")} == {
        "W_ij": (3, 3),
        "W_jk": (3, 3),
        "W_kl": (3, 3),
        "b_l": (3,),
        "O": (1, 3),
    }
    assert JAY_X.sum() == pytest.approx(1)
    assert net["h1_in"].data[0, 0] == pytest.approx(0.1 * 0.1 + 0.2 * 0.3 + 0.7 * 0.4 + 1.0)


@pytest.mark.parametrize("name", EXACT)
def test_forward_pass(net, name):
    """D5: to the printed digits."""
    check_printed(net[name].data[0], EXACT[name])


def test_forward_pass_as_the_post_prints_it(net):
    """D4: the post's rounded numbers; its worst is h2_in[2] with 4.001."""
    post = {
        "h1": [1.35, 1.27, 1.8],
        "h2_in": [2.73, 2.76, 4.001],
        "h2": [0.938, 0.94, 0.98],
        "O_in": [1.8658, 2.2292, 2.8204],
        "O": [0.19858, 0.28559, 0.51583],
    }
    errors = {n: np.abs(net[n].data[0] - v).max() for n, v in post.items()}
    assert errors["h1"] < 1e-12
    assert max(errors, key=errors.get) == "h2_in"
    assert errors["h2_in"] == pytest.approx(0.003, abs=1e-12)


def test_losses(net):
    """D5: cross-entropy, and the sum of binary cross-entropies."""
    o = net["O"].data[0]
    check_printed(net["loss"].item(), 1.6172337500)
    check_printed(-np.log([o[0], 1 - o[1], 1 - o[2]]).sum(), 2.6792825244)
    fused = softmax_cross_entropy(net["O_in"], JAY_Y)
    assert fused.item() == pytest.approx(net["loss"].item(), rel=1e-14)


def test_both_softmaxes(net):
    """D6: of the post's rounded inputs it rounds to the post's, of the network's to D5."""
    of_post = softmax(np.array([1.8658, 2.2292, 2.8204]))
    np.testing.assert_allclose(of_post, [0.1985765, 0.2855949, 0.5158286], rtol=0, atol=5.1e-8)
    assert of_post.round(5).tolist() == [0.19858, 0.28559, 0.51583]
    assert net["O"].data[0].round(5).tolist() == [0.19845, 0.28536, 0.5162]
    first = np.array([1.8658, 2.2292, 2.8204]) / (1.8658 + 2.2292 + 2.8204)
    np.testing.assert_allclose(first, [0.2698, 0.3223, 0.4078], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(net, name):
    """D7: to the printed digits."""
    check_printed(net[name].grad, GRADIENTS[name])


def test_gradients_by_finite_differences(net):
    """D7: all 36 numbers once more, from losses alone."""
    names = ("ij", "jk", "kl")

    def loss(arrays):
        h1 = np.maximum(JAY_X @ arrays[0] + arrays[1], 0)
        h2 = logistic(h1 @ arrays[2] + arrays[3])
        return cross_entropy(h2 @ arrays[4] + arrays[5], JAY_Y)

    arrays = [a for n in names for a in (JAY_W[n].copy(), np.ones(3))]
    numeric = finite_differences(loss, arrays)
    tensors = [net[t] for n in names for t in ("W_" + n, "b_" + n[1])]
    for t, g in zip(tensors, numeric, strict=True):
        same(t.grad, g, rtol=1e-7)


@pytest.mark.parametrize("name", NEW_WEIGHTS)
def test_new_weights(net, name):
    """D8: one step of learning rate 0.01."""
    check_printed(net[name].data - LEARNING_RATE * net[name].grad, NEW_WEIGHTS[name])


def test_scalar_engine_gives_the_same_numbers():
    """D5 D7: the network of Values, one node per unit."""
    w = {n: [[Value(v) for v in row] for row in a] for n, a in JAY_W.items()}
    b = {n: [Value(1.0) for _ in range(3)] for n in "jkl"}
    x = [Value(v) for v in JAY_X[0]]

    def layer(values, name):
        columns = zip(*w[name], strict=True)
        return [sumprod(c, values, bias) for c, bias in zip(columns, b[name[1]], strict=True)]

    h1 = [z.relu() for z in layer(x, "ij")]
    h2 = [z.sigmoid() for z in layer(h1, "jk")]
    e = [z.exp() for z in layer(h2, "kl")]
    outputs = [v / (e[0] + e[1] + e[2]) for v in e]
    loss = -outputs[0].log()
    loss.backward()
    check_printed([o.data for o in outputs], EXACT["O"])
    for name in w:
        check_printed([[v.grad for v in row] for row in w[name]], GRADIENTS["W_" + name])
        check_printed([v.grad for v in b[name[1]]], GRADIENTS["b_" + name[1]])


# --------------------------------------------------------------------------------------------------
# Derivations


def local(function, x):
    t = Tensor(x, requires_grad=True)
    function(t).backward(gradient=np.ones(len(x)))
    return t.grad


def test_derivatives_of_the_activations():
    """D9: σ' = σ(1-σ); ReLU' is 1 above 0 and 0 below."""
    x = np.array([-2.0, -0.5, 0.3, 4.0])
    same(local(lambda t: t.sigmoid(), x), logistic(x) * (1 - logistic(x)))
    assert local(lambda t: t.relu(), x).tolist() == [0, 0, 1, 1]


def jacobian_of_softmax(z):
    t = Tensor(z, requires_grad=True)
    o = softmax(t)
    rows = []
    for unit in np.eye(3):
        t.grad = None
        o.backward(gradient=unit)
        rows.append(t.grad)
    return np.array(rows)


def test_diagonal_of_the_softmax_derivative(net):
    """D9: ∂O_1/∂O_in1 = e^x1 (e^x2 + e^x3) / S², by symmetry for 2 and 3."""
    z = net["O_in"].data[0]
    e, total = np.exp(z), np.exp(z).sum()
    diagonal = [e[i] * (total - e[i]) / total**2 for i in range(3)]
    jacobian = jacobian_of_softmax(z)
    same(np.diag(jacobian), diagonal)
    same(diagonal, from_output(net["O"].data[0]))


def test_loss_by_output_and_input_by_weight(net):
    """D9: ∂E/∂O = -y/O; ∂O_in_l/∂W_kl = h2_k for every l."""
    same(net["O"].node.grad, -JAY_Y / net["O"].data)
    w = Tensor(JAY_W["kl"], requires_grad=True)
    (net["h2"].data @ w).backward(gradient=np.ones((1, 3)))
    same(w.grad, np.repeat(net["h2"].data.T, 3, axis=1))


def chain_parts(net):
    """Return ∂E/∂O, the softmax Jacobian, σ' and ReLU' as plain numbers."""
    o, h2, h1_in = net["O"].data[0], net["h2"].data[0], net["h1_in"].data[0]
    jacobian = np.diag(o) - np.outer(o, o)
    return -JAY_Y[0] / o, jacobian, h2 * (1 - h2), (h1_in > 0).astype(float)


def test_chain_for_w_k1l1(net):
    """D9: ∂E/∂W_k1l1 = Σ_m ∂E/∂O_m · ∂O_m/∂O_in1 · h2_k1."""
    by_o, jacobian, _, _ = chain_parts(net)
    chain = sum(by_o[m] * jacobian[m, 0] for m in range(3)) * net["h2"].data[0, 0]
    assert net["W_kl"].grad[0, 0] == pytest.approx(chain, rel=1e-12)
    matrix = np.outer(net["h2"].data[0], by_o @ jacobian)
    same(net["W_kl"].grad, matrix)


def test_chain_for_w_j3k1(net):
    """D9: ∂E/∂W_j3k1 = (Σ_l δ_l W_k1l) · σ'(h2_in1) · h1_j3."""
    by_o, jacobian, slope, _ = chain_parts(net)
    delta = by_o @ jacobian
    to_h2 = sum(delta[n] * JAY_W["kl"][0, n] for n in range(3))
    chain = to_h2 * slope[0] * net["h1"].data[0, 2]
    assert net["W_jk"].grad[2, 0] == pytest.approx(chain, rel=1e-12)
    matrix = np.outer(net["h1"].data[0], (JAY_W["kl"] @ delta) * slope)
    same(net["W_jk"].grad, matrix)


def test_chain_for_w_i2j1(net):
    """D9: ∂E/∂W_i2j1 sums all three ways from h1_j1 on, times ReLU' times x_i2."""
    by_o, jacobian, slope, gate = chain_parts(net)
    delta_k = (JAY_W["kl"] @ (by_o @ jacobian)) * slope
    to_h1 = sum(delta_k[n] * JAY_W["jk"][0, n] for n in range(3))
    chain = to_h1 * gate[0] * JAY_X[0, 1]
    assert net["W_ij"].grad[1, 0] == pytest.approx(chain, rel=1e-12)
    matrix = np.outer(JAY_X[0], (JAY_W["jk"] @ delta_k) * gate)
    same(net["W_ij"].grad, matrix)


def test_sum_over_the_jacobian_is_output_minus_target(net):
    """D9: with the whole Jacobian the first two factors collapse to O - y."""
    by_o, jacobian, _, _ = chain_parts(net)
    same(by_o @ jacobian, (softmax_rows(net["O_in"].data) - JAY_Y)[0])
    same(net["O_in"].node.grad, net["O"].data - JAY_Y)

"""Jay's post: its intermediate values, and the slips in them, each shown by a number."""

import numpy as np
import pytest

from .networks import JAY_W, JAY_X, JAY_Y, cross_entropy, jay_engine, softmax_rows

FIRST_O = np.array([0.2698, 0.3223, 0.4078])  # a / sum(a)
FIXED_O = np.array([0.19858, 0.28559, 0.51583])  # softmax, put in by the post's first edit
H1 = np.array([1.35, 1.27, 1.8])
H2 = np.array([0.938, 0.94, 0.98])
BY_O = np.array([-3.70644, -1.4755, -1.6886])
SOFTMAX_SLOPE = np.array([0.15911, 0.2040, 0.3685])
SIGMOID_SLOPE = np.array([0.058156, 0.0564, 0.0196])
BY_H2 = np.array([-0.8903, -0.74218, -1.0810])
BY_H1 = np.array([-0.01035, -0.0209, -0.0169])
NEW_KL = [0.105531, 0.400576, 0.805836]
NEW_JK = [0.2006989, 0.300565, 0.500286]
NEW_IJ = [0.10001035, 0.2000209, 0.3000169]


@pytest.fixture(scope="module")
def net():
    return jay_engine()


def near(actual, printed, digits):
    np.testing.assert_allclose(actual, printed, rtol=0, atol=digits)


def test_intermediate_values_of_the_post():
    """D10: each follows from the numbers before it, to 5 units of its last digit at most."""
    near([-1 / FIRST_O[0], *-1 / (1 - FIRST_O[1:])], BY_O, 1e-4)
    near(FIXED_O[:2] * (1 - FIXED_O[:2]), SOFTMAX_SLOPE[:2], 5e-5)
    near(H2 * (1 - H2), SIGMOID_SLOPE, 1e-9)
    near(0.1 - 0.01 * BY_O[0] * SOFTMAX_SLOPE[0] * H2[0], NEW_KL[0], 1e-6)
    near(JAY_W["jk"][0] - 0.01 * BY_H2 * SIGMOID_SLOPE * H1[0], NEW_JK, 1e-6)
    near(BY_H2 * SIGMOID_SLOPE * np.diag(JAY_W["jk"]), [-0.01035, -0.0209, -0.0169], 1e-4)
    near(JAY_W["ij"][0] - 0.01 * BY_H1 * JAY_X[0, 0], NEW_IJ, 1e-7)


def test_gradient_at_h2_does_not_follow():
    """D10: the printed ∂E/∂h2 is not what its own factors give: 0.21, 0.23 and 0.17 too low."""
    own = JAY_W["kl"] @ (BY_O * SOFTMAX_SLOPE)
    near(BY_H2 - own, [-0.2131, -0.2302, -0.1660], 2e-4)


def test_softmax_as_share_of_the_sum(net):
    """D11: a / Σa is not a softmax; adding 1 to all inputs changes it, but not exp(a) / Σexp(a)."""
    z = net["O_in"].data[0]
    assert abs((z / z.sum())[0] - net["O"].data[0, 0]) > 0.07
    assert abs(((z + 1) / (z + 1).sum() - z / z.sum())[0]) > 0.01
    near(softmax_rows(z + 1), softmax_rows(z), 1e-15)
    near(z / z.sum(), [0.2698, 0.3223, 0.4080], 2e-4)


def test_other_matrix_in_the_first_example(net):
    """D12: the matrix shown would give 1.42 and 1.32, not 1.35 and 1.27."""
    shown = np.array([[0.1, 0.4, 0.3], [0.3, 0.7, 0.7], [0.5, 0.2, 0.9]])
    near((JAY_X @ shown + 1)[0], [1.42, 1.32, 1.8], 1e-12)
    near(net["h1_in"].data[0], H1, 1e-12)


def test_second_hidden_input(net):
    """D13: 1.35·0.5 + 1.27·0.7 + 1.8·0.8 + 1 is 4.004, printed 4.001."""
    assert 1.35 * 0.5 + 1.27 * 0.7 + 1.8 * 0.8 + 1 == pytest.approx(4.004, abs=1e-12)
    assert net["h2_in"].data[0, 2] - 4.001 == pytest.approx(0.003, abs=1e-12)


def test_logarithms_of_base_ten():
    """D14: the printed terms are decimal; they add up to 0.966, not 0.985; natural is 2.2230."""
    terms = np.array([FIRST_O[0], 1 - FIRST_O[1], 1 - FIRST_O[2]])
    near(-np.log10(terms), [0.5699, 0.1689, 0.2275], 1e-3)
    assert round(0.5699 + 0.1689 + 0.2275, 3) == 0.966
    near(-np.log(terms).sum(), 2.2230, 5e-5)


def test_binary_cross_entropy_with_softmax(net):
    """D15: it counts the other classes again: 2.6793 instead of 1.6172, and another gradient."""
    o = net["O"].data[0]
    binary = -np.log([o[0], 1 - o[1], 1 - o[2]]).sum()
    near([binary, net["loss"].item()], [2.6792825244, 1.6172337500], 1e-10)
    by_o = np.array([-1 / o[0], 1 / (1 - o[1]), 1 / (1 - o[2])])
    delta = by_o @ (np.diag(o) - np.outer(o, o))
    assert np.abs(delta - (o - JAY_Y[0])).max() > 0.2


def binary_cross_entropy(o):
    return -np.log([o[0], 1 - o[1], 1 - o[2]]).sum()


def test_sign_for_the_other_classes():
    """D16: ∂/∂O of -log(1-O) is +1/(1-O): +1.4756 and +1.6886."""
    near(1 / (1 - FIRST_O[1:]), [1.4756, 1.6886], 5e-5)
    for i in (1, 2):
        h = 1e-6 * np.eye(3)[i]
        above, below = binary_cross_entropy(FIRST_O + h), binary_cross_entropy(FIRST_O - h)
        slope = (above - below) / 2e-6
        assert slope == pytest.approx(-BY_O[i], abs=1e-4)


def test_diagonal_of_the_jacobian_alone(net):
    """D17: with the diagonal alone only the true class gets a gradient; the rest is lost."""
    by_o, o = net["O"].node.grad[0], net["O"].data[0]
    diagonal = by_o * o * (1 - o)
    near(diagonal, [-0.8015531058, 0, 0], 1e-10)
    near(net["O_in"].node.grad[0, 1:], [0.2853555304, 0.5161975753], 1e-10)
    post = BY_O * SOFTMAX_SLOPE
    near(post, [-0.58973, -0.3010, -0.62225], 2e-5)


def test_third_diagonal_entry():
    """D18: .51583·(1-.51583) = .24975; .3685 is .51583·(1-.28559)."""
    near(FIXED_O[2] * (1 - FIXED_O[2]), 0.24975, 5e-6)
    near(FIXED_O[2] * (1 - FIXED_O[1]), SOFTMAX_SLOPE[2], 5e-5)


def test_product_taken_for_its_factor():
    """D19: -0.301 is already -1.4755·0.2040; the post multiplies it by 0.2040 again."""
    near(BY_O[1] * SOFTMAX_SLOPE[1], -0.301, 1e-5)
    near(0.4 - 0.01 * -0.301 * SOFTMAX_SLOPE[1] * H2[0], NEW_KL[1], 1e-6)
    near(0.4 - 0.01 * BY_O[1] * SOFTMAX_SLOPE[1] * H2[0], 0.402823, 1e-6)
    near(0.8 - 0.01 * BY_O[2] * SOFTMAX_SLOPE[2] * H2[0], NEW_KL[2], 1e-6)


def test_steps_in_the_wrong_direction(net):
    """D20: columns 2 and 3 of W_kl and all of W_jk and W_ij are moved the wrong way."""
    right = {n: -net[f"W_{n}"].grad[0] for n in JAY_W}
    post = {n: np.array(new) - JAY_W[n][0] for n, new in (("kl", NEW_KL), ("jk", NEW_JK))}
    post["ij"] = np.array(NEW_IJ) - JAY_W["ij"][0]
    signs = {n: (np.sign(post[n]) == np.sign(right[n])).tolist() for n in JAY_W}
    assert signs["kl"] == [True, False, False]
    assert signs["jk"] == signs["ij"] == [False, False, False]


def test_steps_of_the_post_raise_the_loss_where_signs_are_wrong(net):
    """D20: the moves of W_kl's columns 2 and 3, alone, raise the loss; ours lower it."""
    step = np.zeros((3, 3))
    step[:, 1:] = -0.01 * np.outer(H2, [-0.301 * 0.2040, BY_O[2] * SOFTMAX_SLOPE[2]])
    h2 = net["h2"].data
    start = net["loss"].item()
    assert cross_entropy(h2 @ (JAY_W["kl"] + step) + 1, JAY_Y) > start + 0.008
    assert cross_entropy(h2 @ (JAY_W["kl"] - 0.01 * net["W_kl"].grad) + 1, JAY_Y) < start - 0.01


@pytest.mark.parametrize(
    ("place", "printed", "meant"),
    [
        ((1, 0), 0.30055, 0.305543),
        ((1, 2), 0.2005849, 0.205849),
        ((2, 0), 0.5005779, 0.505779),
        ((2, 2), 0.9006098, 0.906098),
    ],
)
def test_misplaced_decimals_in_w_kl(place, printed, meant):
    """D21: a zero has slipped in after the first digits: the step is ten times too small."""
    k, n = place
    gradient = BY_O[n] * SOFTMAX_SLOPE[n] * H2[k]
    own = JAY_W["kl"][k, n] - 0.01 * gradient
    near(own, meant, 2e-6)
    assert abs(printed - JAY_W["kl"][k, n]) == pytest.approx(-0.001 * gradient, rel=0.02)


def test_missing_zeros_in_w_jk():
    """D22: 0.8 + 0.0003813 is 0.8003813, printed .803813."""
    own = JAY_W["jk"][2, 2] - 0.01 * BY_H2[2] * SIGMOID_SLOPE[2] * H1[2]
    near(own, 0.8003813, 2e-7)
    assert 0.803813 - own > 0.003


def test_decimal_of_a_shown_product():
    """D23: -0.01035·0.7 is -0.007245, shown as -0.0007245; the larger one is used."""
    assert BY_H1[0] * JAY_X[0, 2] == pytest.approx(-0.007245, abs=1e-12)
    assert BY_H1[0] * JAY_X[0, 2] / -0.0007245 == pytest.approx(10)


def test_one_path_of_three(net):
    """D24: the gradient at h1 with one k and a diagonal of W_jk, against the sum over all k."""
    delta_k = net["h2_in"].node.grad[0]
    one_path = delta_k * np.diag(JAY_W["jk"])
    full = JAY_W["jk"] @ delta_k
    near(net["h1"].node.grad[0], full, 1e-15)
    near(one_path, [0.0051333505, 0.0017500415, 0.0017013727], 1e-10)
    near(full, [0.0072467334, 0.0109387685, 0.0185014576], 1e-10)
    first_path = delta_k[0] * JAY_W["jk"][:, 0]  # w_j1k1 alone, as the second edit says
    near(first_path, [0.0051333505, 0.0077000258, 0.0154000516], 1e-10)
    assert full[2] / one_path[2] > 10

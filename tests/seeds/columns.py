"""The column network of neuralthreads: its functions, its lines, and the same by the engine."""

import numpy as np

from autograd import Tensor

SIZES = (5, 3, 5, 4)
LEARNING_RATE = 0.01
B = ("b1", "b2", "b3")

X = [0.52, 0.93, 0.15, 0.72, 0.61]
Y = [0.21, 0.83, 0.87, 0.75]
W1 = [
    [
        0.45924889196586716,
        0.33370861113902184,
        0.14286681792194078,
        0.6508884729488529,
        0.056411579027100256,
    ],
    [
        0.7219987722668247,
        0.9385527090157502,
        0.0007787658410143283,
        0.9922115592912175,
        0.6174815096277165,
    ],
    [
        0.6116531604882809,
        0.007066305219717406,
        0.023062425041415757,
        0.5247746602583891,
        0.3998609717152555,
    ],
]
W2 = [
    [0.04666566321361543, 0.9737555188414592, 0.23277134043030423],
    [0.0906064345328208, 0.6183860093330873, 0.38246199126716274],
    [0.9832308858067882, 0.4667628932479799, 0.8599404067363206],
    [0.6803075385877797, 0.450499251969543, 0.013264961159866528],
    [0.9422017556848528, 0.5632882178455393, 0.3854165025399161],
]
W3 = [
    [
        0.015966252220214194,
        0.230893825622149,
        0.24102546602601171,
        0.6832635188254582,
        0.6099966577826209,
    ],
    [
        0.8331949117361643,
        0.17336465350777208,
        0.3910606075732408,
        0.18223608778806233,
        0.7553614103176525,
    ],
    [
        0.4251558744912447,
        0.20794166286818883,
        0.5677003278199915,
        0.03131329245555858,
        0.8422847745949985,
    ],
    [
        0.44975413336976566,
        0.3951502360018144,
        0.9266588657937942,
        0.7272719958564209,
        0.3265407688058354,
    ],
]


def literals():
    """Return x, y and fresh parameters from the stored numbers."""
    p = {}
    for i, (w, size) in enumerate(zip((W1, W2, W3), SIZES[1:], strict=True), start=1):
        p[f"w{i}"], p[f"b{i}"] = np.array(w), np.zeros((size, 1))
    return np.array([X]).T, np.array([Y]).T, p


def draw(seed=42):
    """Return x, y and the weights as drawn from NumPy's legacy generator."""
    rng = np.random.RandomState(seed)
    x = rng.randint(1, 100, size=(5, 1)) / 100
    y = rng.randint(1, 100, size=(4, 1)) / 100
    shapes = {"w1": (3, 5), "w2": (5, 3), "w3": (4, 5)}
    return x, y, {n: rng.random_sample(s) for n, s in shapes.items()}


def relu(x, leak=0):
    return np.where(x <= 0, leak * x, x)


def relu_dash(x, leak=0):
    return np.where(x <= 0, leak, 1)


def sig(x):
    return 1 / (1 + np.exp(-x))


def sig_dash(x):
    return sig(x) * (1 - sig(x))


def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def mse_grad(y_true, y_pred):
    n = y_true.shape[0]
    return -2 * (y_true - y_pred) / n


def forward(x, p):
    v = {"in_hidden_1": p["w1"].dot(x) + p["b1"]}
    v["out_hidden_1"] = relu(v["in_hidden_1"], leak=0.1)
    v["in_hidden_2"] = p["w2"].dot(v["out_hidden_1"]) + p["b2"]
    v["out_hidden_2"] = sig(v["in_hidden_2"])
    v["in_output_layer"] = p["w3"].dot(v["out_hidden_2"]) + p["b3"]
    v["y_hat"] = sig(v["in_output_layer"])
    return v


def gradients(x, y, p, v):
    """Return all gradients by the lines of the post, products where they stand there."""
    w2, w3, y_hat = p["w2"], p["w3"], v["y_hat"]
    in_hidden_1, out_hidden_1 = v["in_hidden_1"], v["out_hidden_1"]
    in_hidden_2, out_hidden_2 = v["in_hidden_2"], v["out_hidden_2"]
    in_output_layer = v["in_output_layer"]
    grad_w3 = mse_grad(y, y_hat) * sig_dash(in_output_layer).dot(out_hidden_2.T)
    grad_b3 = mse_grad(y, y_hat) * sig_dash(in_output_layer)
    error_grad_upto_H2 = np.sum(
        mse_grad(y, y_hat) * sig_dash(in_output_layer) * w3, axis=0
    ).reshape((-1, 1))
    grad_w2 = error_grad_upto_H2 * sig_dash(in_hidden_2).dot(out_hidden_1.T)
    grad_b2 = error_grad_upto_H2 * sig_dash(in_hidden_2)
    error_grad_upto_H1 = np.sum(error_grad_upto_H2 * sig_dash(in_hidden_2) * w2, axis=0).reshape(
        (-1, 1)
    )
    grad_w1 = error_grad_upto_H1 * relu_dash(in_hidden_1, leak=0.1).dot(x.T)
    grad_b1 = error_grad_upto_H1 * relu_dash(in_hidden_1, leak=0.1)
    return {
        "w1": grad_w1,
        "b1": grad_b1,
        "w2": grad_w2,
        "b2": grad_b2,
        "w3": grad_w3,
        "b3": grad_b3,
    }


def update(p, grads):
    for name, value in p.items():
        value += -LEARNING_RATE * grads[name]


def engine_parameters(p):
    return {n: Tensor(v, requires_grad=True, label=n) for n, v in p.items()}


def engine_graph(x, y, t):
    """Return every step of the forward pass with parameters that are tensors."""
    v = {"in_hidden_1": t["w1"] @ x + t["b1"]}
    v["out_hidden_1"] = v["in_hidden_1"].leaky_relu(0.1)
    v["in_hidden_2"] = t["w2"] @ v["out_hidden_1"] + t["b2"]
    v["out_hidden_2"] = v["in_hidden_2"].sigmoid()
    v["in_output_layer"] = t["w3"] @ v["out_hidden_2"] + t["b3"]
    v["y_hat"] = v["in_output_layer"].sigmoid()
    v["loss"] = ((y - v["y_hat"]) ** 2).mean()
    return v


def engine_step(x, y, p):
    """Return the parameters as tensors, the steps, after the backward pass of the loss."""
    t = engine_parameters(p)
    steps = engine_graph(x, y, t)
    steps["loss"].backward()
    return t, steps

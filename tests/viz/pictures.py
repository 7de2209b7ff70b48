"""Graphs to draw, and how to read a picture back."""

import itertools
import random
import re
import xml.etree.ElementTree as ET

import autograd
from autograd import Tensor, Value

SVG = "{http://www.w3.org/2000/svg}"


def neuron():
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    n = x1 * w1 + x2 * w2 + Value(6.88, label="b")
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return o


def network(sizes=(3, 4, 4, 1), seed=1):
    rng = random.Random(seed)
    h = [Value(rng.uniform(-1, 1), label=f"x{i}") for i in range(sizes[0])]
    for k, n in enumerate(sizes[1:]):
        out = []
        with autograd.scope(f"layer{k}"):
            for j in range(n):
                with autograd.scope(f"neuron{j}"):
                    z = Value(0.1, label=f"b{k}_{j}")
                    for i, x in enumerate(h):
                        z = z + Value(rng.uniform(-1, 1), label=f"w{k}_{j}{i}") * x
                    out.append(z.tanh())
        h = out
    with autograd.scope("loss"):
        loss = sum((o - Value(0.5, label="y")) ** 2 for o in h)
    loss.backward()
    return loss


def tensors():
    x = Tensor([[0.1, 0.2, 0.7]], label="x")
    w = Tensor([[0.1, 0.2], [0.3, 0.2], [0.4, 0.3]], requires_grad=True, label="W")
    with autograd.scope("hidden"):
        h = (x @ w + 1.0).relu()
    loss = (h * h).sum()
    loss.label = "loss"
    loss.backward()
    return loss


def chain(n):
    v = Value(1.0, label="start")
    for _ in range(n):
        v = v * 1.0000001
    return v


def random_graph(seed, size=20):
    """Return a value computed by random operations, named and unnamed, in scopes and outside."""
    rng = random.Random(seed)
    pool = [Value(rng.uniform(0.1, 1), label=f"x{i}") for i in range(rng.randint(1, 4))]
    for _ in range(size):
        with autograd.scope(rng.choice(["", "", "a", "b", "a.c", "b.d.e"])):
            a, b = rng.choice(pool), rng.choice(pool)
            made = rng.choice(
                [
                    lambda a, b: a + b,
                    lambda a, b: a * b,
                    lambda a, b: a - b,
                    lambda a, b: a + -b,
                    lambda a, b: a + (-1) * b,
                    lambda a, b: a.tanh(),
                    lambda a, b: 3 - a,
                    lambda a, b: a**2,
                ]
            )(a, b)
        if rng.random() < 0.2:
            made.label = f"h{rng.randint(0, 9)}"
        pool.append(made)
    return sum(pool)


def parsed(svg):
    return ET.fromstring(svg)


def ids(svg, letter):
    """Return the ids of cards (n, f) or edges (e), without the class of the picture."""
    found = [e.get("id", "").rpartition("-")[2] for e in parsed(svg).iter()]
    return [i for i in found if re.fullmatch(letter + r"\d+", i)]


def points(route, steps=12):
    """Return points along a route as it is drawn: level pieces and curves."""
    found = []
    for (x0, y0), (x1, y1) in itertools.pairwise(route):
        for k in range(steps + 1):
            t = k / steps
            middle = (x0 + x1) / 2
            b = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3]
            x = b[0] * x0 + b[1] * middle + b[2] * middle + b[3] * x1
            y = b[0] * y0 + b[1] * y0 + b[2] * y1 + b[3] * y1
            found.append((x, y))
    return found

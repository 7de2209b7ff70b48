"""A character-level GPT in which every number is a Value: embeddings, attention, an MLP, Adam.

One layer, four heads, sixteen numbers a letter: 4,096 parameters and some 8,000 nodes a name.
`gpt_tensors.py` is the same model in arrays, at a hundredth of the time.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Sequence
from itertools import pairwise

from names import LETTERS, NAMES, decode, encode

from autograd import Value, add_n, no_grad, sumprod
from nn import Adam

Vector = list[Value]
Matrix = list[Vector]

SIZE, HEADS, LENGTH = 16, 4, 12
HEAD = SIZE // HEADS


def matrix(rows: int, columns: int, random_: random.Random, spread: float = 0.08) -> Matrix:
    """Return a matrix of normal random numbers."""
    return [[Value(random_.gauss(0.0, spread)) for _ in range(columns)] for _ in range(rows)]


def build(seed: int = 0) -> dict[str, Matrix]:
    """Return the parameters by name."""
    r = random.Random(seed)
    model = {
        "letters": matrix(len(LETTERS), SIZE, r),
        "positions": matrix(LENGTH, SIZE, r),
        "up": matrix(4 * SIZE, SIZE, r),
        "down": matrix(SIZE, 4 * SIZE, r, 0.0),
        "out": matrix(len(LETTERS), SIZE, r),
    }
    model |= {name: matrix(SIZE, SIZE, r) for name in ("query", "key", "value")}
    return model | {"mix": matrix(SIZE, SIZE, r, 0.0)}


def product(weights: Matrix, x: Sequence[Value]) -> Vector:
    """Return a matrix times a vector."""
    return [sumprod(row, x) for row in weights]


def normalised(x: Vector) -> Vector:
    """Return x divided by its root mean square."""
    scale = (sumprod(x, x) / len(x) + 1e-5) ** -0.5
    return [entry * scale for entry in x]


def softmax(x: Vector) -> Vector:
    """Return e^x / Σ e^x."""
    largest = max(entry.data for entry in x)
    powers = [(entry - largest).exp() for entry in x]
    total = add_n(powers)
    return [power / total for power in powers]


def attend(model: dict[str, Matrix], x: Vector, keys: list[Vector], values: list[Vector]) -> Vector:
    """Return what the letter at the end takes from all letters so far; both lists grow by one."""
    query = product(model["query"], x)
    keys.append(product(model["key"], x))
    values.append(product(model["value"], x))
    mixed: Vector = []
    for start in range(0, SIZE, HEAD):
        part = slice(start, start + HEAD)
        scores = [sumprod(query[part], key[part]) / math.sqrt(HEAD) for key in keys]
        weights = softmax(scores)
        mixed += [sumprod(weights, [v[j] for v in values]) for j in range(start, start + HEAD)]
    return product(model["mix"], mixed)


def logits(
    model: dict[str, Matrix], token: int, keys: list[Vector], values: list[Vector]
) -> Vector:
    """Return the scores of the letter that comes after ``token``."""
    pairs = zip(model["letters"][token], model["positions"][len(keys)], strict=True)
    x = normalised([letter + position for letter, position in pairs])
    x = [a + b for a, b in zip(x, attend(model, normalised(x), keys, values), strict=True)]
    hidden = [entry.relu() for entry in product(model["up"], normalised(x))]
    x = [a + b for a, b in zip(x, product(model["down"], hidden), strict=True)]
    return product(model["out"], x)


def loss_of(model: dict[str, Matrix], name: str) -> Value:
    """Return the mean of -log p over the letters of a name and the mark that ends it."""
    tokens = encode(name)[: LENGTH + 1]
    keys: list[Vector] = []
    values: list[Vector] = []
    terms = []
    for token, following in pairwise(tokens):
        scores = logits(model, token, keys, values)
        terms.append(-softmax(scores)[following].log())
    loss: Value = add_n(terms) / len(terms)
    return loss


def sample(model: dict[str, Matrix], random_: random.Random, temperature: float = 0.6) -> str:
    """Return a name letter by letter, each drawn by its probability."""
    keys: list[Vector] = []
    values: list[Vector] = []
    tokens = [0]
    with no_grad():
        while len(tokens) <= LENGTH:
            scores = logits(model, tokens[-1], keys, values)
            chances = [p.data for p in softmax([s / temperature for s in scores])]
            tokens.append(random_.choices(range(len(LETTERS)), chances)[0])
            if tokens[-1] == 0:
                break
    return decode(tokens).strip(".")


def main(steps: int = 200, seed: int = 0) -> list[float]:
    """Train, print the cost of a step and some names, and return the losses."""
    model = build(seed)
    parameters = [p for rows in model.values() for row in rows for p in row]
    optimizer = Adam(parameters, lr=0.01, betas=(0.85, 0.99))
    order = random.Random(seed)
    losses: list[float] = []
    start = time.perf_counter()
    for step in range(steps):
        optimizer.lr = 0.01 * (1 - step / steps)
        loss = loss_of(model, order.choice(NAMES))
        optimizer.zero_grad()
        loss.backward(release=True)
        optimizer.step()
        losses.append(loss.data)
        if step % 50 == 49:
            print(f"step {step + 1:5d}  mean loss {sum(losses[-50:]) / 50:.3f}")
    spent = time.perf_counter() - start
    print(f"{len(parameters)} parameters, {1000 * spent / max(steps, 1):.1f} ms a step")
    print("names:", ", ".join(sample(model, order) for _ in range(10)))
    return losses


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    main(parser.parse_args().steps)

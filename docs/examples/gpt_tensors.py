"""The model of `gpt_values.py` in arrays: one Tensor for all letters of a batch of names.

The same formulas; a matrix product takes the place of a thousand nodes.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from names import LETTERS, NAMES, decode, encode

from autograd import no_grad, relu, softmax, softmax_cross_entropy
from nn import Adam, Module, Parameter
from nn.functional import one_hot

SIZE, HEADS, LENGTH = 16, 4, 12
HEAD = SIZE // HEADS


def normalised(x: Any) -> Any:
    """Return every row of x divided by its root mean square."""
    return x * ((x * x).mean(axis=-1, keepdims=True) + 1e-5) ** -0.5


class NamesGPT(Module):
    """Embeddings, one layer of attention and one MLP; rows of the weights are inputs."""

    def __init__(self, rng: np.random.Generator) -> None:
        def matrix(rows: int, columns: int, spread: float = 0.08) -> Parameter:
            return Parameter(rng.normal(0.0, spread, (rows, columns)))

        self.letters = matrix(len(LETTERS), SIZE)
        self.positions = matrix(LENGTH, SIZE)
        self.query, self.key, self.value = (matrix(SIZE, SIZE) for _ in range(3))
        self.mix = matrix(SIZE, SIZE, 0.0)
        self.up, self.down = matrix(SIZE, 4 * SIZE), matrix(4 * SIZE, SIZE, 0.0)
        self.out = matrix(SIZE, len(LETTERS))

    def heads(self, x: Any) -> Any:
        """Return (names, letters, SIZE) as (names, HEADS, letters, HEAD)."""
        return x.reshape(*x.shape[:2], HEADS, HEAD).transpose(0, 2, 1, 3)

    def forward(self, tokens: Any) -> Any:
        """Return the scores of every next letter: tokens (names, letters) -> (..., letters)."""
        count, length = tokens.shape
        x = normalised(self.letters[tokens] + self.positions[:length])
        rows = normalised(x)
        q, k, v = (self.heads(rows @ w) for w in (self.query, self.key, self.value))
        scores = q @ np.swapaxes(k, -1, -2) / HEAD**0.5
        later = np.triu(np.full((length, length), -np.inf), 1)
        mixed = softmax(scores + later) @ v
        x = x + mixed.transpose(0, 2, 1, 3).reshape(count, length, SIZE) @ self.mix
        x = x + relu(normalised(x) @ self.up) @ self.down
        return x @ self.out


def batch_of(names: list[str]) -> tuple[Any, Any, Any]:
    """Return tokens, the tokens that follow, and 1 where there is one; short names are padded."""
    rows = [encode(name)[: LENGTH + 1] for name in names]
    length = max(map(len, rows)) - 1
    tokens = np.zeros((len(rows), length), int)
    following, weight = tokens.copy(), np.zeros((len(rows), length))
    for i, row in enumerate(rows):
        n = len(row) - 1
        tokens[i, :n], following[i, :n], weight[i, :n] = row[:-1], row[1:], 1.0
    return tokens, following, weight


def loss_of(model: NamesGPT, names: list[str]) -> Any:
    """Return the mean over names of the mean of -log p over their letters."""
    tokens, following, weight = batch_of(names)
    share = weight / weight.sum(axis=1, keepdims=True) / len(names)
    target = one_hot(following, len(LETTERS)) * share[..., None]
    return softmax_cross_entropy(model(tokens), target)


def sample(model: NamesGPT, rng: np.random.Generator, temperature: float = 0.6) -> str:
    """Return a name letter by letter, each drawn by its probability."""
    tokens = [0]
    with no_grad():
        while len(tokens) <= LENGTH:
            scores = model(np.array([tokens])).data[0, -1] / temperature
            tokens.append(int(rng.choice(len(LETTERS), p=softmax(scores))))
            if tokens[-1] == 0:
                break
    return decode(tokens).strip(".")


def main(steps: int = 500, batch: int = 16, seed: int = 0) -> list[float]:
    """Train, print the cost of a step and some names, and return the losses."""
    rng = np.random.default_rng(seed)
    model = NamesGPT(rng)
    optimizer = Adam(model.parameters(), lr=0.02, betas=(0.85, 0.99))
    losses: list[float] = []
    start = time.perf_counter()
    for step in range(steps):
        optimizer.lr = 0.02 * (1 - step / steps)
        loss = loss_of(model, [NAMES[i] for i in rng.integers(len(NAMES), size=batch)])
        optimizer.zero_grad()
        loss.backward(release=True)
        optimizer.step()
        losses.append(loss.item())
        if step % 100 == 99:
            print(f"step {step + 1:5d}  mean loss {sum(losses[-100:]) / 100:.3f}")
    spent = time.perf_counter() - start
    count = sum(p.size for p in model.parameters())
    print(f"{count} parameters, {1000 * spent / max(steps * batch, 1):.2f} ms a name")
    print("names:", ", ".join(sample(model, rng) for _ in range(10)))
    return losses


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=500)
    main(parser.parse_args().steps)

"""How long pictures of graphs take: python tests/benchmarks/pictures.py. Reports, never fails."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from autograd import Value, add_n, draw, scope, step_through


def network(width: int, layers: int = 4) -> Value:
    """Return the loss of a network of numbers, one node an operation, after its backward pass."""
    row = [Value(x) for x in np.random.default_rng(0).normal(size=4).tolist()]
    for k in range(layers):
        before, row = row, []
        with scope(f"layers.{k}"):
            for j in range(width):
                with scope(f"neurons.{j}"):
                    path = f"layers.{k}.neurons.{j}"
                    z = Value(0.1, label=f"{path}.b")
                    for i, x in enumerate(before):
                        z = z + Value(0.1, label=f"{path}.w.{i}") * x
                    row.append(z.tanh())
    loss = add_n(row)
    loss.backward()
    return loss


def chain(length: int) -> Value:
    """Return the end of a chain of multiplications."""
    y = Value(1.0, label="a")
    for _ in range(length):
        y = y * 1.0000001
    return y


def best(run: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of some runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", type=int, default=1_000_000, help="the length of the chain")
    long = chain(parser.parse_args().long)
    print(f"{'picture':34} {'nodes':>9} {'cards':>6} {'seconds':>8}  wanted")
    for name, loss, limit, rounds, wanted in (
        ("draw, all open", network(6), 10_000, 5, "< 0.1 at 453 nodes"),
        ("draw, folded", network(26), 250, 5, "< 0.5 at 6,400 nodes"),
        ("draw, folded chain", long, 250, 1, "no recursion"),
    ):
        drawing = draw(loss, max_nodes=limit)
        seconds = best(lambda loss=loss, limit=limit: draw(loss, max_nodes=limit).svg(), rounds)
        cards = len(drawing.scene.cards)
        print(f"{name:34} {drawing.scene.nodes:9,} {cards:6} {seconds:8.3f}  {wanted}")
    seconds = best(lambda: step_through(long).html(), 1)
    print(f"{'step_through, folded chain':51} {seconds:8.3f}")


if __name__ == "__main__":
    main()

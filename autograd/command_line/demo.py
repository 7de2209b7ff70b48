"""The networks of five posts on backpropagation: what the posts say beside what is exact.

The posts are two versions of "Backpropagation for people who are afraid of math" (M. Chein, 2019),
a four-layer network with cross-entropy (cookedsashimi, 2017), a 3-3-3-3 network worked out by hand
(P. Jay, 2017), and "Backpropagation made super easy" (neuralthreads), with a linked example (M.
Mazur, 2015). Next: `doctor.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from .. import Tensor, squared_error
from ..viz import draw, listing

Row = tuple[str, str, str]


def demo(folder: Path, *, epochs: int = 10_000, show: Callable[[str], None] = print) -> Path:
    """Train the posts' networks, print what they say beside what is exact, and draw the small one.

    Parameters
    ----------
    folder : path
        Where the files go; made if needed.
    epochs : int
        How long the network of the last post is trained; the post does 10,000.
    show : callable
        Takes the text; `print` by default.

    Returns
    -------
    path
        The folder, absolute.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = [chein(), cookedsashimi(), jay(), neuralthreads(epochs)]
    small, loss = mazur()
    texts.append(small)
    for text in texts:
        show(text + "\n")
    (folder / "report.txt").write_text("\n\n".join(texts) + "\n", encoding="utf8")
    (folder / "graph.txt").write_text(listing(loss) + "\n", encoding="utf8")
    drawing = draw(loss)
    for ending in ("svg", "html", "dot"):
        drawing.save(folder / f"graph.{ending}")
    show("The graph of the small network, drawn in graph.svg and graph.html:\n\n" + listing(loss))
    return folder.resolve()


def table(title: str, rows: Iterable[Row]) -> str:
    """Return a title and three columns: what, what the post says, what is exact."""
    found = [("", "the post", "here"), *rows]
    widths = [max(len(row[i]) for row in found) for i in range(3)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(r, widths, strict=True)) for r in found]
    return "\n".join([title, "=" * len(title), *(line.rstrip() for line in lines)])


def digits(x: object, places: int = 5) -> str:
    """Write numbers with a fixed number of places."""
    return np.array2string(np.asarray(x), precision=places, suppress_small=True, separator=" ")


def chein() -> str:
    """Show the shapes of a 5-2-4-3-3-1 network for a batch, and that its loss falls."""
    sizes = [5, 2, 4, 3, 3, 1]
    rng = np.random.default_rng(0)
    n = 32
    x = Tensor(rng.random((n, 5)))
    labels = Tensor((x.data.sum(axis=1, keepdims=True) > 2.5) * 1.0)
    weights = [
        Tensor(rng.normal(size=pair), requires_grad=True, label=f"W_{96 + i}")
        for i, pair in enumerate(itertools.pairwise(sizes))
    ]
    first = last = 0.0
    for _ in range(300):
        o = x
        for w in weights:
            o = (o @ w).sigmoid()
        loss = squared_error(o, labels, scale=0.5)
        for w in weights:
            w.grad = None
        loss.backward(release=True)
        for w in weights:
            w.data -= 0.1 * w.grad
        last = loss.item()
        first = first or last
    says = ["(2,n)@(n,4)", "(4,n)@(n,3)", "(3,n)@(n,3)", "(3,n)@(n,1)"]
    rows = [
        (f"∂L/∂{w.label}", f"{text} = {w.shape}", f"{w.grad.shape}")
        for w, text in zip(weights[1:], says, strict=True)
    ]
    rows.append(("½Σ(ŷ-y)², first and last of 300 steps", "falls", f"{first:.4f}, {last:.4f}"))
    return table("Chein: a 5-2-4-3-3-1 network, 32 samples", rows)


def cookedsashimi() -> str:
    """Show that the gradient of cross-entropy at the logits is ŷ - y, for each class."""
    rng = np.random.default_rng(1)
    sizes = [2, 4, 5, 3]
    weights = [
        (Tensor(rng.normal(size=(k, j))), Tensor(rng.normal(size=j)))
        for k, j in itertools.pairwise(sizes)
    ]
    rows = []
    for true in range(3):
        a = Tensor(rng.normal(size=(1, 2)))
        for w, b in weights[:-1]:
            a = (a @ w + b).sigmoid()
        w, b = weights[-1]
        z = Tensor((a @ w + b).data, requires_grad=True)
        y = np.eye(3)[[true]]
        loss = -(y * z.log_softmax()).sum()
        loss.backward()
        rows.append((f"∂H/∂z³, class {true + 1}", digits(z.softmax().data - y), digits(z.grad)))
    return table("Cooked Sashimi: softmax and cross-entropy, ŷ - y", rows)


def jay() -> str:
    """Work the 3-3-3-3 network: the post's numbers, some of them wrong, beside the exact ones."""
    x = Tensor([[0.1, 0.2, 0.7]])
    w = [
        Tensor(m, requires_grad=True)
        for m in (
            [[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]],
            [[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]],
            [[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]],
        )
    ]
    h1 = (x @ w[0] + 1.0).relu()
    h2 = (h1 @ w[1] + 1.0).sigmoid()
    o_in = h2 @ w[2] + 1.0
    y = np.array([[1.0, 0.0, 0.0]])
    loss = -(y * o_in.log_softmax()).sum()
    loss.backward()
    new = [p.data - 0.01 * p.grad for p in w]
    rows = [
        ("h1", "[1.35 1.27 1.8]", digits(h1.data[0])),
        ("h2", "[.938 .94 .98]", digits(h2.data[0])),
        ("O_in", "[1.8658 2.2292 2.8204]", digits(o_in.data[0])),
        ("softmax", "[.19858 .28559 .51583]", digits(o_in.softmax().data[0])),
        ("cross-entropy", "", f"{loss.item():.5f}"),
        ("new W_kl, row 1", "[.105531 .400576 .805836]", digits(new[2][0], 6)),
        ("new W_jk, row 1", "[.2006989 .300565 .500286]", digits(new[1][0], 6)),
        ("new W_ij, row 1", "[.10001035 .2000209 .3000169]", digits(new[0][0], 6)),
        ("norms of the gradients", "vanishing", digits([np.linalg.norm(p.grad) for p in w[::-1]])),
    ]
    note = "The post's new weights carry the wrong sign in two columns and one path of three."
    return table("Prakash Jay: a 3-3-3-3 network by hand", rows) + "\n" + note


def neuralthreads(epochs: int) -> str:
    """Train the 5-3-5-4 network of the post, column vectors as there."""
    random = np.random.RandomState(42)
    x = Tensor(random.randint(1, 100, size=(5, 1)) / 100)
    y = Tensor(random.randint(1, 100, size=(4, 1)) / 100)
    parameters = []
    for rows, columns in ((3, 5), (5, 3), (4, 5)):
        parameters.append(Tensor(random.random_sample((rows, columns)), requires_grad=True))
        parameters.append(Tensor(np.zeros((rows, 1)), requires_grad=True))
    w1, b1, w2, b2, w3, b3 = parameters
    marks = [e for e in (1, 10, 100, 1000, 10_000) if e <= epochs]
    exact = {1: 0.1059625955, 10: 0.1050293477, 100: 0.0948358526, 1000: 0.0137395190}
    exact[10_000] = 2.8154691819e-07
    rows_shown: list[Row] = []
    for epoch in range(1, epochs + 1):
        h1 = (w1 @ x + b1).leaky_relu(0.1)
        h2 = (w2 @ h1 + b2).sigmoid()
        loss = squared_error((w3 @ h2 + b3).sigmoid(), y, scale=1 / 4)
        if epoch in marks:
            rows_shown.append((f"loss, epoch {epoch}", f"{exact[epoch]:.10g}", f"{loss:.10g}"))
        for p in parameters:
            p.grad = None
        loss.backward(release=True)
        for p in parameters:
            p.data -= 0.01 * p.grad
    return table("neuralthreads: a 5-3-5-4 network, the post's code and ours", rows_shown)


def mazur() -> tuple[str, Tensor]:
    """Work the 2-2-2 network of the linked example; returns the text and the loss."""
    x = Tensor([[0.05, 0.10]], label="x")
    target = Tensor([[0.01, 0.99]], label="target")
    w1 = Tensor([[0.15, 0.25], [0.20, 0.30]], requires_grad=True, label="W1")
    w2 = Tensor([[0.40, 0.50], [0.45, 0.55]], requires_grad=True, label="W2")
    h = (x @ w1 + 0.35).sigmoid()
    o = (h @ w2 + 0.60).sigmoid()
    loss = squared_error(o, target, scale=0.5)
    h.label, o.label, loss.label = "h", "o", "E"
    loss.backward()
    new1, new2 = w1.data - 0.5 * w1.grad, w2.data - 0.5 * w2.grad
    rows = [
        ("o", "[.75136507 .77292847]", digits(o.data[0], 8)),
        ("E", ".29837111", f"{loss.item():.8f}"),
        ("new w5 w6 w7 w8", "[.35891648 .40866619 .51130127 .56137012]", digits(new2.T.ravel(), 8)),
        ("new w1 w2 w3 w4", "[.14978072 .19956143 .24975114 .29950229]", digits(new1.T.ravel(), 8)),
    ]
    return table("Mazur: a 2-2-2 network", rows), loss

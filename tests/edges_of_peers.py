"""Run the table of edges in a library, and record what it gives.

``python -m tests.edges_of_peers torch|jax|hips|mygrad|glassgrad``, in an environment where that
library is installed, writes ``tests/edges/<name>.json``; ``markdown()`` makes a table of all files.
HIPS autograd has the same import name as this package, so for it the script is run by its path,
``python tests/edges_of_peers.py hips``, in an environment without glassgrad.
"""

import importlib
import json
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np

FOLDER = Path(__file__).parent / "edges"
ORDER = ("glassgrad", "hips", "mygrad", "jax", "torch")
TITLES = dict(zip(ORDER, ("glassgrad", "HIPS autograd", "MyGrad", "JAX", "PyTorch"), strict=True))


class NotOffered(Exception):
    """The library has no such function."""


class Library:
    """A library's functions by NumPy's names; its own modules first to last, then overrides."""

    def __init__(self, *modules, **own):
        self._modules, self._own = modules, own

    def __getattr__(self, name):
        if name in self._own:
            return self._own[name]
        for module in self._modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise NotOffered(f"no {name}")


# --------------------------------------------------------------------------------------------------
# The peers: (version, functions, first and second derivative)


def by_transform(grad, sum_):
    """Return both derivatives from a library that has ``grad``."""

    def derivatives(function, point):
        first = grad(function)
        yield first(point)
        yield grad(lambda x: sum_(first(x)))(point)

    return derivatives


def glassgrad():
    import autograd

    f = Library(np, autograd, norm=lambda x, ord=2: np.linalg.norm(x, ord), repeat=repeat(np))
    return autograd.__version__, f, by_transform(autograd.grad, np.sum)


def repeat(library):
    return lambda x, n: library.repeat(x, n, axis=-1)


def hips():
    from importlib.metadata import version

    import autograd
    import autograd.numpy as anp
    from autograd.scipy import special

    f = Library(
        anp,
        special,
        norm=lambda x, ord=None: anp.linalg.norm(x, ord),
        asarray=np.asarray,
        sigmoid=special.expit,
        repeat=repeat(anp),
    )
    return version("autograd"), f, by_transform(autograd.grad, anp.sum)


def jax():
    import jax

    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    f = Library(
        jnp,
        jax.nn,
        norm=lambda x, ord=2: jnp.linalg.norm(x, ord),
        logsumexp=jax.scipy.special.logsumexp,
        repeat=repeat(jnp),
    )
    grad = jax.grad
    return jax.__version__, f, by_transform(lambda g: lambda x: grad(g)(jnp.asarray(x)), jnp.sum)


def torch():
    import torch

    f = Library(
        torch,
        torch.nn.functional,
        power=torch.pow,
        norm=lambda x, ord=2: torch.linalg.vector_norm(x, ord),
        sort=lambda x: torch.sort(x, stable=True)[0],
        repeat=lambda x, n: torch.repeat_interleave(x, n, dim=-1),
        cumprod=lambda x: torch.cumprod(x, 0),
        var=lambda x: torch.var(x, correction=0),
        std=lambda x: torch.std(x, correction=0),
        logsumexp=lambda x: torch.logsumexp(x, 0),
        softmax=lambda x: torch.softmax(x, 0),
        log_softmax=lambda x: torch.log_softmax(x, 0),
        asarray=torch.tensor,
    )

    def derivatives(function, point):
        x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        (first,) = torch.autograd.grad(function(x), x, create_graph=True)
        yield first.detach().numpy()
        if not first.requires_grad:
            yield np.zeros_like(point)
            return
        (second,) = torch.autograd.grad(first.sum(), x, allow_unused=True)
        yield np.zeros_like(point) if second is None else second.numpy(force=True)

    return torch.__version__.split("+")[0], f, derivatives


def mygrad():
    import mygrad as mg
    from mygrad import nnet

    f = Library(
        mg,
        nnet,
        norm=lambda x, ord=None: mg.linalg.norm(x, ord),
        softmax=lambda x: nnet.softmax(x),
        log_softmax=lambda x: nnet.logsoftmax(x),
        asarray=np.asarray,
        repeat=repeat(mg),
        sign=lambda x: np.sign(x.data),
    )

    def derivatives(function, point):
        x = mg.tensor(point)
        function(x).backward()
        yield np.zeros_like(point) if x.grad is None else x.grad
        raise NotOffered("no second derivatives")

    return mg.__version__, f, derivatives


# --------------------------------------------------------------------------------------------------
# Recording


def plain(numbers):
    """Return numbers as lists that JSON can hold."""
    if isinstance(numbers, list):
        return [plain(x) for x in numbers]
    return numbers if np.isfinite(numbers) else str(float(numbers))


def ask(edge, f, derivatives):
    """Return what a library gives for one edge: numbers, or why there are none."""
    given = {}
    made = derivatives(lambda x: edge.function(f, x), np.array(edge.point, np.float64))
    for order in ("first", "second"):
        try:
            given[order] = plain(np.asarray(next(made), np.float64).tolist())
        except NotOffered as error:
            given[order] = str(error)
        except Exception as error:
            given[order] = type(error).__name__
        if isinstance(given[order], str):
            given.setdefault("second", given[order])
            break
    return given


def table():
    """Return the table of edges, also where this file is run by its path."""
    if __package__:
        return importlib.import_module(".edges.table", __package__).TABLE
    sys.path.insert(0, str(FOLDER))
    return importlib.import_module("table").TABLE


def record(name):
    """Run every edge in a library, and write its file."""
    version, f, derivatives = globals()[name]()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        rows = {n: ask(edge, f, derivatives) for n, edge in table().items()}
    found = {"name": name, "version": version, "rows": rows}
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return path


# --------------------------------------------------------------------------------------------------
# Reading


def agrees(given, wanted):
    """Whether recorded numbers are the expected ones."""
    if isinstance(given, str) and given not in ("nan", "inf", "-inf"):
        return False
    found = np.array(given, dtype=object).astype(np.float64)
    return np.shape(found) == np.shape(wanted) and np.allclose(found, wanted, 1e-9, 1e-12)


def cell(given, wanted, convention):
    """Return one cell: a tick, the numbers that are given instead, or what went wrong."""
    if wanted is None:
        return ""
    if agrees(given, wanted):
        return "✓"
    if isinstance(given, str) and given not in ("nan", "inf", "-inf"):
        return given
    numbers = np.array(given, dtype=object).astype(np.float64)
    text = np.array2string(numbers, precision=4, separator=", ", suppress_small=True)
    text = " ".join(text.split())
    return text if convention else f"**{text}**"


def recorded():
    """Return what is recorded, in the order of the columns."""
    files = {path.stem: path for path in FOLDER.glob("*.json")}
    return [
        SimpleNamespace(**json.loads(files[n].read_text(encoding="utf-8")))
        for n in ORDER
        if n in files
    ]


def markdown():
    """Return the table of edges with a column a library, in Markdown.

    A tick is the expected derivative; other numbers are given, in bold where they are wrong and
    not merely another choice at a point that has no derivative.
    """
    peers = recorded()
    lines = []
    for order, title in (("first", "First derivative"), ("second", "Second derivative")):
        heads = [f"{TITLES[p.name]} {p.version}" for p in peers]
        lines += [f"### {title}", "", f"| edge | at | expected | {' | '.join(heads)} |"]
        lines.append("|" + " --- |" * (3 + len(peers)))
        for name, edge in table().items():
            wanted = getattr(edge, order)
            if wanted is None:
                continue
            text = [name, shown(edge.point), shown(wanted)]
            text += [
                cell(p.rows[name][order], wanted, edge.convention) if name in p.rows else ""
                for p in peers
            ]
            lines.append("| " + " | ".join(text) + " |")
        wanted = {n: w for n, e in table().items() if (w := getattr(e, order)) is not None}
        right = [
            str(sum(agrees(p.rows[n][order], w) for n, w in wanted.items() if n in p.rows))
            for p in peers
        ]
        lines.append(f"| **as expected, of {len(wanted)}** | | | {' | '.join(right)} |")
        lines.append("")
    return "\n".join(lines)


def shown(numbers):
    """Return numbers as short text."""
    text = np.array2string(np.array(numbers), precision=4, separator=", ", suppress_small=True)
    return " ".join(text.split())


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in (*ORDER, "markdown"):
        sys.exit(f"usage: python -m tests.edges_of_peers {'|'.join(ORDER)}|markdown")
    print(markdown() if sys.argv[1] == "markdown" else record(sys.argv[1]))

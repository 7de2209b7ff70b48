"""Graphs to step through, and the check that a walk does what `backward` does."""

import numpy as np

from autograd import Tensor


def leaf(data, label=""):
    return Tensor(data, requires_grad=True, label=label)


def number(walk, ref):
    """Return a number or array of a page, None where there is none."""
    if ref is None:
        return None
    x = walk.data["numbers"][ref]
    if isinstance(x, dict):
        if "same" in x:
            return np.full(x["shape"], float(x["same"]))
        assert x["cut"] == [0, 0]
        assert x["more"] == 0
        rows = [row for _, part in x["parts"] for row in part]
        return np.array([[float(v) for v in row] for row in rows]).reshape(x["shape"])
    return float(x)


def unit(walk, name):
    (found,) = [u for u in walk.data["units"] if u["name"] == name]
    return found


def passes(walk):
    return [p for s in walk.steps if s["kind"] == "backward" for p in s["passes"]]

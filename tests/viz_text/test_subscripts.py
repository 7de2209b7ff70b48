"""An index in a formula: x[::-1], put and what they cancel to."""

import numpy as np
import pytest

from autograd import Tensor
from autograd.viz.paper.derive import derive


@pytest.mark.parametrize(
    ("read", "formula", "latex"),
    [
        (lambda x: x[1:, ::2], "2 · put(x[1:, ::2], [1:, ::2])", r"x \texttt{[1:, ::2]}"),
        (lambda x: x[np.array([0, 0, 1])] + x, "2 · put(x[[0, 0, 1]] + x, [[0, 0, 1]])", ""),
        (lambda x: (x[:, ::-1] + 1) * x, "", ""),
        (lambda x: x[::-1], "2 · x", ""),
        (lambda x: x[1:], "2 · put(x[1:], [1:])", ""),
        (lambda x: x[::-1][:, ::-1] + x, "", ""),
        (lambda x: x[::-2], "2 · put(x[::-2], [::-2])", ""),
        (lambda x: x[::-1, :][np.array([2, 0, 1])][::-1], "", ""),
        (lambda x: x[np.array([2, 0, 1])][::-1], "", ""),
        (
            lambda x: np.roll(x, 1, axis=0),
            "roll(2 · roll(x, shift=1, axis=0), shift=-1, axis=0)",
            "",
        ),
        (lambda x: np.concatenate([x, x[::-1]]), "concatenate(x, x[::-1], axis=0)", ""),
    ],
)
def test_an_index_stands_in_brackets(read, formula, latex):
    x = Tensor(np.arange(6.0).reshape(3, 2), requires_grad=True, label="x")
    loss = (read(x) ** 2).sum()
    loss.backward()
    found = derive(loss, x)
    np.testing.assert_allclose(found.evaluate(), x.grad)
    assert formula in found.text()
    assert latex in found.latex()
    assert ("where put(g, [i]) is" in found.text()) == ("put(" in found.text().partition("\n")[0])
    assert "getitem" not in found.text() + found.latex() + found.mathml()

"""An operation on arrays, opened into its numbers."""

import numpy as np

from autograd import Tensor, zoom

W = Tensor([[0.5, -1.0], [0.3, 0.8]], requires_grad=True, label="W")
x = Tensor([[1.0, 2.0]], label="x")
loss = np.tanh(x @ W).sum()
loss.label = "loss"
loss.backward()
picture = zoom(loss).draw()

"""A batch through two layers.

Arrays show as thumbnails: the data, and the gradient beside it.
"""

import numpy as np

import nn
from autograd import Tensor, draw

model = nn.MLP([3, 5, 2], activation="sigmoid", rng=1)
x = Tensor(np.random.default_rng(0).normal(size=(8, 3)), label="x")
loss = nn.functional.cross_entropy(model(x), [0, 1, 1, 0, 1, 0, 0, 1])
loss.label = "loss"
loss.backward()
picture = draw(loss)

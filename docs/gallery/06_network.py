"""A network in layers, every matrix to scale.

Neurons are split into what comes in (Z) and what goes out (O). Below them, the matrices of the
forward and the backward pass with their shapes.
"""

import numpy as np

import nn

rng = np.random.default_rng(0)
model = nn.Sequential(nn.MLP([5, 2, 4, 3, 1], activation="sigmoid", rng=0), nn.Sigmoid())
x, y = rng.random((8, 5)), rng.integers(0, 2, (8, 1))
picture = nn.draw_network(model, x, targets=y, loss=nn.HalfSquaredError())

"""A network of single numbers.

Two neurons feed a third, as in micrograd. Frames are modules.
"""

import nn
from autograd import draw

model = nn.scalar.MLP(2, [2, 1], activation="tanh", rng=3)
loss = (model([1.0, -2.0]) - 1) ** 2
loss.label = "loss"
loss.backward()
picture = draw(loss)

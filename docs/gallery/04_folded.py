"""A graph of hundreds of nodes, folded.

A large graph folds by module until it can be read; `expand=` opens one of them.
"""

import nn
from autograd import draw

model = nn.scalar.MLP(3, [8, 8, 1], rng=1)
rows = [[0.5, -1.0, 2.0], [1.0, 0.3, -0.7], [-1.2, 0.8, 0.1]]
loss = sum((model(row) - 1) ** 2 for row in rows)
loss.label = "loss"
loss.backward()
picture = draw(loss, max_nodes=24)

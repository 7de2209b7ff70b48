"""A training run.

What `nn.fit` returns shows itself.
"""

import nn

model = nn.MLP([2, 16, 2], activation="tanh", rng=0)
picture = nn.fit(
    model,
    nn.data.moons(rng=0),
    nn.CrossEntropyLoss(),
    nn.Adam(model.parameters(), lr=0.02),
    epochs=40,
    batch_size=50,
    validation=nn.data.moons(rng=1),
    metrics="accuracy",
    rng=0,
    progress=False,
)

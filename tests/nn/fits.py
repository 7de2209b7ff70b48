"""One small training, for the tests of fit: its data, network and run, and what it leaves."""

from pathlib import Path

import numpy as np

import nn

ROOT = Path(nn.__file__).parent.parent
X, Y = nn.data.moons(60, rng=0)


def network(rng=0, dropout=False):
    layers = [nn.Linear(2, 8, rng=rng), nn.Tanh()]
    if dropout:
        layers.append(nn.Dropout(0.3, rng=5))
    return nn.Sequential(*layers, nn.Linear(8, 2, rng=rng + 1))


def setup(lr=0.05, make=nn.Adam, **options):
    model = network(**options)
    return model, make(model.parameters(), lr=lr)


def numbers(model):
    return np.concatenate([np.ravel(p.data) for p in model.parameters()])


def run(model, optimizer, data=(X, Y), loss=None, **options):
    options = {"epochs": 4, "batch_size": 16, "rng": 1, "progress": False} | options
    return nn.fit(model, data, loss or nn.CrossEntropyLoss(), optimizer, **options)


def everything(model, optimizer):
    state = optimizer.state_dict()
    return {**model.state_dict(), **{f"o.{k}": v for k, v in state.items()}}


def equal(a, b):
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_array_equal(a[key], b[key], err_msg=key)

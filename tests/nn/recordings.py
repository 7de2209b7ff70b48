"""Small networks and their recorded trainings, for the tests of recordings."""

import numpy as np

import nn

RNG = np.random.default_rng
CE = nn.CrossEntropyLoss()


def mlp(rng=0, sizes=(2, 8, 2), activation="tanh"):
    return nn.MLP(list(sizes), activation, rng=rng)


def moons(n=60):
    return nn.data.moons(n, noise=0.1, rng=1)


def trained(model=None, epochs=6, loss=CE, data=None, **options):
    model = mlp() if model is None else model
    data = moons() if data is None else data
    recorder = nn.record(model, data, **{"loss": loss, **options})
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    nn.fit(model, data, loss, optimizer, epochs=epochs, batch_size=20, rng=0, callback=recorder)
    return recorder


def entries(recording, name, kind="weights"):
    """Return the kept entries of a parameter in all snapshots, and its sample."""
    at = 0
    for p in recording.structure["parameters"]:
        count = len(p["rows"]) * len(p["columns"])
        if p["name"] == name:
            a = recording.arrays[kind][:, at : at + count]
            return a.reshape(-1, len(p["rows"]), len(p["columns"])), p
        at += count
    raise KeyError(name)


def grid_of(recording):
    s = recording.structure["surface"]
    across, up = (np.linspace(*s[k], s["side"]) for k in "xy")
    return np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)

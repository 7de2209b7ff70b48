"""The same training three times: by the library, by hand in NumPy, and by torch."""

from itertools import pairwise

import numpy as np

import nn


def problem(name):
    """Return scaled inputs, classes, hidden units, batch size, epochs and learning rate."""
    data = getattr(nn.data, name)()
    x = nn.data.standardise(data.x)(data.x)
    hidden, size, epochs = {
        "iris": ([8], 16, 30),
        "wine": ([12], 32, 30),
        "breast_cancer": ([16, 8], 64, 20),
        "digits": ([32], 128, 10),
        "mnist": ([32], 250, 5),
        "spirals": ([16, 16], 32, 20),
    }[name]
    return x, data.y, [x.shape[1], *hidden, int(data.y.max()) + 1], size, epochs


def parameters(sizes, seed=7):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(k, j)) / np.sqrt(k), np.zeros(j)) for k, j in pairwise(sizes)]


def ours(x, y, start, size, epochs, make, seed=3, **options):
    """Train the library's network from the given parameters; return it and its history."""
    layers = []
    for w, b in start:
        layer = nn.Linear(*w.shape)
        layer.weight.data, layer.bias.data = w.copy(), b.copy()
        layers += [layer, nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    optimizer = make(model.parameters())
    history = nn.fit(
        model, (x, y), nn.CrossEntropyLoss(), optimizer,
        epochs=epochs, batch_size=size, rng=seed, progress=False, **options,
    )  # fmt: skip
    return model, history


def orders(n, epochs, seed=3):
    rng = np.random.default_rng(seed)
    return [rng.permutation(n) for _ in range(epochs)]


class Adam:
    """Adam as in the paper, for a list of arrays."""

    def __init__(self, lr=0.01, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps, self.t, self.kept = lr, betas, eps, 0, {}

    def __call__(self, i, p, g):
        m, v = self.kept.get(i, (0.0, 0.0))
        (b1, b2), t = self.betas, self.t
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        self.kept[i] = m, v
        p -= self.lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + self.eps)


class Momentum:
    def __init__(self, lr, momentum=0.0):
        self.lr, self.momentum, self.t, self.kept = lr, momentum, 0, {}

    def __call__(self, i, p, g):
        self.kept[i] = b = self.momentum * self.kept.get(i, 0.0) + g
        p -= self.lr * b


def by_hand(x, y, start, size, epochs, rule, rates=None, most=None, seed=3):
    """Train by written-out gradients; return the parameters and the mean loss of every epoch."""
    params = [a.copy() for pair in start for a in pair]
    losses, base = [], rule.lr
    for epoch, order in enumerate(orders(len(x), epochs, seed)):
        if size >= len(x):
            order = np.arange(len(x))
        total = 0.0
        count = -(-len(x) // size)
        for k in range(count):
            part = order[k * size : (k + 1) * size]
            loss, grads = gradients(params, x[part], y[part])
            total += loss * len(part)
            norm = np.sqrt(sum((g * g).sum() for g in grads))
            if most is not None and norm > most:
                grads = [g * most / norm for g in grads]
            rule.t += 1
            rule.lr = base * (rates(epoch + k / count) if rates else 1.0)
            for i, (p, g) in enumerate(zip(params, grads, strict=True)):
                rule(i, p, g)
        losses.append(total / len(x))
    return params, losses


def gradients(params, x, y):
    """Return the cross-entropy of a tanh network, and its gradients, by the chain rule."""
    outputs = [x]
    for i in range(0, len(params), 2):
        z = outputs[-1] @ params[i] + params[i + 1]
        outputs.append(np.tanh(z) if i + 2 < len(params) else z)
    z = outputs.pop()
    e = np.exp(z - z.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    rows = np.arange(len(y))
    loss = -np.log(p[rows, y]).mean()
    d = p.copy()
    d[rows, y] -= 1
    d /= len(y)
    found = []
    for i in reversed(range(0, len(params), 2)):
        found = [outputs[i // 2].T @ d, d.sum(0), *found]
        if i:
            d = d @ params[i].T * (1 - outputs[i // 2] ** 2)
    return loss, found


def by_torch(torch, x, y, start, size, epochs, make, seed=3):
    """Train the same network with torch; return the mean loss of every epoch."""
    layers = []
    for w, b in start:
        layer = torch.nn.Linear(*w.shape, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(w.T))
            layer.bias.copy_(torch.tensor(b))
        layers += [layer, torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = make(torch, model.parameters())
    x, y = torch.tensor(x), torch.tensor(y)
    losses = []
    for order in orders(len(x), epochs, seed):
        total = 0.0
        for part in torch.tensor(order).split(size):
            loss = torch.nn.functional.cross_entropy(model(x[part]), y[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(part)
        losses.append(total / len(x))
    return losses

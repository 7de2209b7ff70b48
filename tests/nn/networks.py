"""Networks to draw, and what a drawing of one says, read from its SVG."""

import xml.etree.ElementTree as ET

import numpy as np

import nn
from tests.seeds.networks import (
    CHEIN_UNITS,
    JAY_W,
    chein_batch,
    chein_weights,
)

SVG = "{http://www.w3.org/2000/svg}"


def chein(n=8):
    weights = chein_weights()
    model = nn.MLP(CHEIN_UNITS, "sigmoid", "sigmoid", bias=False, rng=0)
    for layer, w in zip(model.layers[::2], weights, strict=True):
        layer.weight.data = w
    return model, weights, *chein_batch(n)


def jay():
    layers = []
    for name, activation in (("ij", nn.ReLU()), ("jk", nn.Sigmoid()), ("kl", nn.Softmax())):
        layer = nn.Linear(3, 3)
        layer.weight.data, layer.bias.data = JAY_W[name], np.ones(3)
        layers += [layer, activation]
    return nn.Sequential(*layers)


def small():
    model = nn.MLP([2, 3, 1], "tanh", init="ones", rng=0)
    model[0].weight.data = np.array([[0.5, -0.25, 0.0], [1.0, 2.0, -1.5]])
    return model


def parsed(drawing, theme="light"):
    return ET.fromstring(drawing.svg(theme))


def written(drawing):
    return ["".join(t.itertext()) for t in parsed(drawing).iter(SVG + "text")]

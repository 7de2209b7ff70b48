"""What an initialisation does, before any training."""

import numpy as np

import nn

x = np.random.default_rng(0).normal(size=(64, 30))
picture = nn.compare_inits([30] * 8, ["normal", "xavier_normal", "he_normal"], x)

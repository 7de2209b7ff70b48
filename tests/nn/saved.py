"""A model with parameters of all kinds, its numbers, and refused loads, for tests of files."""

from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Value
from nn.saving.generators import named_generators, state_of

ROOT = Path(nn.__file__).parent.parent


class Mixed(nn.Module):
    """Parameters of all kinds: values, 0-d, float32, Fortran order, frozen, tied, odd names."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.table = nn.Parameter(np.asfortranarray(rng.normal(size=(3, 2))))
        self.single = nn.Parameter(rng.normal(size=4), dtype=np.float32)
        self.zero = nn.Parameter(rng.normal())
        self.empty = nn.Parameter(np.zeros((0, 3)))
        self.values = [Value(rng.normal()), {"../up/$a": Value(rng.normal())}]
        self.frozen = nn.Parameter(rng.normal(size=2))
        self.named_parameters()
        self.frozen.requires_grad = False
        self.tied = self.table


def numbers(model):
    return {
        k: (np.asarray(x).dtype, np.asarray(x).tobytes()) for k, x in model.state_dict().items()
    }


def refused(path, model, match, optimizer=None, error=ValueError, **options):
    """Check that a load fails with a message, and that nothing has changed."""
    before = numbers(model), [state_of(g) for g in named_generators(model).values()]
    kept = None if optimizer is None else repr(optimizer.state_dict())
    with pytest.raises(error, match=match):
        nn.load(path, model, optimizer, **options)
    after = numbers(model), [state_of(g) for g in named_generators(model).values()]
    assert repr(after) == repr(before)
    assert optimizer is None or repr(optimizer.state_dict()) == kept

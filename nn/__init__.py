"""Neural networks on `autograd`: modules, layers, losses, optimizers, and their training.

Begin with `modules/module.py`, `layers/linear.py`, `functional.py`, `optim/sgd.py` and
`training/loop.py`. Whatever goes beyond layers, losses and optimizers is imported on first use.

Reading order, by what the folders and files are for:

* Modules: `init/`, `modules/`
* Activations and losses: `functional.py`, `losses/`
* Layers: `layers/`
* Optimizers: `optim/`
* micrograd's network of single numbers: `scalar.py`
* Training: `data/`, `metrics.py`, `schedules.py`, `training/`
* Saving and loading: `saving/`
* Looking at a network: `diagnosis/`, `drawing/`, `recordings/`
"""

import typing as _typing

import autograd as _autograd

if not hasattr(_autograd, "Value"):
    raise ImportError(
        f"nn belongs to the distribution glassgrad, but the autograd found at {_autograd.__file__} "
        "is another package: HIPS autograd (PyPI name 'autograd') has the same import name and "
        "lies over glassgrad's. The two cannot share an environment. Either make a fresh one "
        "(python -m venv) with glassgrad only, or run: pip uninstall autograd glassgrad, then pip "
        "install glassgrad"
    )

from autograd.absent import refuse_names_of as _refuse_names_of
from autograd.on_demand import names_on_demand as _names_on_demand

from . import data, functional, init, metrics, optim, scalar, schedules
from .layers.activations import (
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)
from .layers.attention import MultiHeadAttention, scaled_dot_product_attention
from .layers.chains import MLP, Sequential
from .layers.embedding import Embedding
from .layers.linear import Flatten, Linear
from .layers.normalisation import LayerNorm, RMSNorm
from .layers.regularisation import Dropout
from .losses.modules import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HalfSquaredError,
    HingeLoss,
    MSELoss,
)
from .modules.module import Module
from .modules.parameter import Parameter
from .optim import SGD, Adam, AdamW, RMSProp
from .training.early_stopping import EarlyStopping
from .training.evaluation import evaluate, predict
from .training.gradients import clip_by_norm, clip_by_value, gradient_norm

_refuse_names_of(functional, init, optim)

if _typing.TYPE_CHECKING:
    from .diagnosis.health import Health, health
    from .diagnosis.learning_rates import LearningRates, lr_find
    from .diagnosis.sweeping import Sweep, Trial, sweep
    from .drawing.compare import compare_inits
    from .drawing.network import draw_network
    from .recordings.recorder import Recorder, record
    from .recordings.recording import Recording
    from .saving.io import Checkpoint, load, save
    from .training.fitting import fit
    from .training.history import History
    from .training.loop import Training, train
    from .training.steps import Step
else:
    _HOMES = {
        "drawing.compare": "compare_inits",
        "diagnosis.health": "Health health",
        "training.fitting": "fit",
        "training.history": "History",
        "saving.io": "Checkpoint load save",
        "diagnosis.learning_rates": "LearningRates lr_find",
        "drawing.network": "draw_network",
        "recordings.recorder": "Recorder record",
        "recordings.recording": "Recording",
        "training.steps": "Step",
        "diagnosis.sweeping": "Sweep Trial sweep",
        "training.loop": "Training train",
    }
    __getattr__, __dir__ = _names_on_demand(__name__, _HOMES)

__all__ = [
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "BCELoss",
    "BCEWithLogitsLoss",
    "Checkpoint",
    "CrossEntropyLoss",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Flatten",
    "HalfSquaredError",
    "Health",
    "HingeLoss",
    "History",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "LearningRates",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "MultiHeadAttention",
    "Parameter",
    "RMSNorm",
    "RMSProp",
    "ReLU",
    "Recorder",
    "Recording",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Step",
    "Sweep",
    "Tanh",
    "Training",
    "Trial",
    "clip_by_norm",
    "clip_by_value",
    "compare_inits",
    "data",
    "draw_network",
    "evaluate",
    "fit",
    "functional",
    "gradient_norm",
    "health",
    "init",
    "load",
    "lr_find",
    "metrics",
    "optim",
    "predict",
    "record",
    "save",
    "scalar",
    "scaled_dot_product_attention",
    "schedules",
    "sweep",
    "train",
]

"""Reverse-mode automatic differentiation that shows every number of a backward pass.

Begin with these six files; the rest is built on them:

* `op.py`: an operation, which is a forward function and one derivative rule per argument
* `ops/elementwise.py`: rules, which read like a table of calculus
* `node.py`: the graph, its nodes and their topological order
* `backward.py`: the sweep, from the loss to the leaves
* `value.py`, `tensor.py`: the two kinds of node, a number and an array

Pictures, `jit`, checks and the array API are imported on first use, by `on_demand.py`.

Reading order of all files, by what they are for:

* Rules: `settings.py`, `arithmetic.py`, `references.py`, `rule.py`, `op.py`, `ops/`
* Graph and backward pass: `blocks.py`, `mode.py`, `node.py`, `backward.py`, `sweep/`
* Values: `dispatch.py`, `foreign_names.py`, `foreign_packages.py`, `absent.py`,
  `conversions.py`, `copies.py`, `scalar_nodes/`, `value.py`
* Tensors: `array_nodes/`, `tensor.py`
* NumPy's functions: `interop/`, `functions.py`, `fused.py`, `sums.py`, `special/`, `numpy/`,
  `xp/` (the array API standard)
* Derivatives of functions, and operations of one's own: `transforms/`, `custom.py`
* Checks, memory, recorded programs, pictures: `checks/`, `memory.py`, `files.py`, `jit/`,
  `viz/`
* The API of HIPS autograd: `wrap_util.py`, `differential_operators.py`, `vector_space.py`,
  `primitives.py`, `extend.py`, `tracer.py`, `core.py`, `builtins.py`, `test_util.py`, `misc/`,
  `util.py`, `scipy/`
* The command line: `__main__.py`, `command_line/`, `notebooks.py`
"""

import typing as _typing
from os import path as _path

if _path.exists(_path.join(_path.dirname(__file__), "numpy", "numpy_wrapper.py")):
    raise ImportError(
        "glassgrad and HIPS autograd (PyPI 'autograd') are installed over each other: both own the "
        "import name 'autograd'. Make a fresh virtual environment for one of them, or uninstall "
        "both (pip uninstall autograd glassgrad) and install glassgrad again."
    )

from . import interop as _interop  # noqa: F401 - fills the table of NumPy functions
from . import tensor as _tensor
from .absent import refuse_calls_of as _refuse_calls_of
from .custom import operation
from .functions import leaky_relu, log_softmax, logsumexp, relu, sigmoid, softmax, softplus
from .fused import linear, sigmoid_cross_entropy, softmax_cross_entropy, squared_error
from .mode import enable_grad, is_grad_enabled, no_grad, record_origins, scope, watch
from .node import Node, topological_order
from .on_demand import names_on_demand as _names_on_demand
from .op import Op, operations
from .sums import add_n, sumprod
from .tensor import Tensor
from .transforms.gradients import elementwise_grad, grad, stop_gradient, value_and_grad, vjp
from .transforms.jacobians import hessian, hvp, jacobian, jvp
from .transforms.recompute import checkpoint
from .transforms.scanning import scan
from .value import Value

if _typing.TYPE_CHECKING:
    from . import core as core
    from . import misc as misc
    from . import numpy as numpy
    from . import scipy as scipy
    from . import special as special
    from . import tracer as tracer
    from . import util as util
    from . import wrap_util as wrap_util
    from . import xp
    from .builtins import dict as dict
    from .builtins import isinstance as isinstance
    from .builtins import list as list
    from .builtins import tuple as tuple
    from .builtins import type as type
    from .checks.by_hand import check_by_hand
    from .checks.gradients import check_grads
    from .checks.nonfinite import find_nan
    from .differential_operators import deriv as deriv
    from .differential_operators import grad_and_aux as grad_and_aux
    from .differential_operators import grad_named as grad_named
    from .differential_operators import hessian_tensor_product as hessian_tensor_product
    from .differential_operators import hessian_vector_product as hessian_vector_product
    from .differential_operators import holomorphic_grad as holomorphic_grad
    from .differential_operators import make_ggnvp as make_ggnvp
    from .differential_operators import make_hvp as make_hvp
    from .differential_operators import make_jvp as make_jvp
    from .differential_operators import make_vjp as make_vjp
    from .differential_operators import multigrad_dict as multigrad_dict
    from .differential_operators import tensor_jacobian_product as tensor_jacobian_product
    from .differential_operators import vector_jacobian_product as vector_jacobian_product
    from .extend import primitive as primitive
    from .memory import keep_freed_memory
    from .viz.drawing.draw import draw, draw_dot
    from .viz.drawing.drawing import Drawing
    from .viz.expansion.zoom import zoom
    from .viz.export.source import to_numpy_source, to_torch_source
    from .viz.paper.derive import derive
    from .viz.paper.why import why
    from .viz.stepping.step_through import step_through
    from .viz.stepping.stepper import stepper
else:
    _HOMES = {
        "checks.by_hand": "check_by_hand",
        "checks.gradients": "check_grads",
        "memory": "keep_freed_memory",
        "checks.nonfinite": "find_nan",
        "viz": "Drawing derive draw draw_dot step_through stepper to_numpy_source to_torch_source "
        "why zoom",
        "xp": "",
    }
    # what programs written for HIPS autograd look for, beside the public names
    _OF_HIPS = {
        "builtins": "dict isinstance list tuple type",
        "core": "core",
        "differential_operators": "deriv grad_and_aux grad_named hessian_tensor_product "
        "hessian_vector_product holomorphic_grad make_ggnvp make_hvp make_jvp make_vjp "
        "multigrad_dict tensor_jacobian_product vector_jacobian_product",
        "extend": "primitive",
        "misc": "",
        "numpy": "",
        "scipy": "",
        "special": "",
        "tracer": "tracer",
        "util": "util",
        "wrap_util": "wrap_util",
    }
    __getattr__, __dir__ = _names_on_demand(__name__, _HOMES | _OF_HIPS)

__version__ = "0.1.0"

__all__ = [
    "Drawing",
    "Node",
    "Op",
    "Tensor",
    "Value",
    "add_n",
    "check_by_hand",
    "check_grads",
    "checkpoint",
    "derive",
    "draw",
    "draw_dot",
    "elementwise_grad",
    "enable_grad",
    "find_nan",
    "grad",
    "hessian",
    "hvp",
    "is_grad_enabled",
    "jacobian",
    "jvp",
    "keep_freed_memory",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsumexp",
    "no_grad",
    "operation",
    "operations",
    "record_origins",
    "relu",
    "scan",
    "scope",
    "sigmoid",
    "sigmoid_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "squared_error",
    "step_through",
    "stepper",
    "stop_gradient",
    "sumprod",
    "to_numpy_source",
    "to_torch_source",
    "topological_order",
    "value_and_grad",
    "vjp",
    "watch",
    "why",
    "xp",
    "zoom",
]

_refuse_calls_of(_tensor)

if _path.exists(_path.join(_path.dirname(__file__), "jit")):
    from .jit import jit as jit

    __all__ += ["jit"]

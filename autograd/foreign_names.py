"""Attributes of arrays in other libraries, and keywords, with what to use instead.

These are tables only; `absent.py` makes classes raise by them. Next: `foreign_packages.py`.
"""

from __future__ import annotations

_OPERATORS = "use the operators + - * / ** @"
CPU = "the CPU is the only device, leave it out"
KEPT = "every node keeps its gradient, leave it out"
WINDOWS = "use np.lib.stride_tricks.sliding_window_view and a product"
DRAW = "draw from rng = np.random.default_rng(seed)"
_WRITE = "use x[...] = value, x += y and the like; for a leaf `with autograd.no_grad():`"

# what to do instead: the names
CURVES = {
    "use x * autograd.special.ndtr(x)": "gelu GELU",
    "use x * autograd.sigmoid(1.702 * x)": "quick_gelu",
    "use x * autograd.sigmoid(x)": "silu swish SiLU Swish",
    "use np.where(x > 0, x, np.expm1(x))": "celu elu CELU ELU",
    "use 1.0507 * np.where(x > 0, x, 1.67326 * np.expm1(x))": "selu SELU",
    "use x * np.tanh(autograd.softplus(x))": "mish Mish",
    "use -autograd.softplus(-x)": "logsigmoid LogSigmoid",
    "use x / (1 + np.abs(x))": "soft_sign softsign Softsign",
    "use np.clip(x, -1, 1)": "hard_tanh hardtanh Hardtanh",
    "use np.clip(x, 0, 6)": "relu6 ReLU6",
    "use np.clip(x / 6 + 0.5, 0, 1)": "hardsigmoid Hardsigmoid",
    "use x * np.clip(x / 6 + 0.5, 0, 1)": "hardswish Hardswish",
}
LOSSES = {
    "use np.abs(y - t).mean()": "l1_loss L1Loss",
    "use np.where(np.abs(y - t) < 1, (y - t) ** 2 / 2, np.abs(y - t) - 0.5).mean()": "huber_loss "
    "smooth_l1_loss HuberLoss SmoothL1Loss",
    "use nn.CrossEntropyLoss, which takes probabilities as targets and differs by their entropy "
    "alone": "kl_div KLDivLoss",
    "use np.maximum(0, margin - t * (a - b)).mean()": "margin_ranking_loss MarginRankingLoss",
    "use nn.functional.hinge_loss": "multiclass_hinge",
    "use any function of arrays, such as np.abs(y - t).mean()": "focal_loss softmax_focal_loss",
}
OF_NODES = {
    "use np.{}(x)": "absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cosh deg2rad "
    "exp2 expm1 fix floor isfinite isinf isnan log10 log1p log2 logical_not nan_to_num negative "
    "rad2deg reciprocal rint sign sinc sinh square tan trunc",
    "use np.{}(x, y)": "arctan2 copysign fmod hypot isclose logaddexp logical_and logical_or "
    "maximum minimum power",
    "use np.arccos(x)": "acos",
    "use np.arccosh(x)": "acosh",
    "use np.arcsin(x)": "asin",
    "use np.arcsinh(x)": "asinh",
    "use np.arctan(x)": "atan",
    "use np.arctan2(y, x)": "atan2",
    "use np.arctanh(x)": "atanh",
    "use 1 / np.sqrt(x)": "rsqrt",
    "use the operator %": "mod remainder",
    "use x + w * (y - x)": "lerp",
    **CURVES,
    "use autograd.vjp, or .backward() and .grad": "gradient",
    "use abs(x)": "abs",
    _OPERATORS: "add div divide eq floor_divide ge gt le lt mul multiply ne neg pow sub subtract "
    "true_divide",
    "use .op, .parents and .local_derivative": "creator grad_fn",
    "use autograd.watch to see gradients as they come": "register_hook",
    KEPT: "retain_grad",
    "the result is there at once, leave it out": "block_until_ready realize",
    "use autograd.special.{}(x)": "digamma erf erfc erfinv",
    "use autograd.special.gammaln(x)": "lgamma",
}
OF_VALUES = {
    "use np.clip(x, low, high)": "clamp clip",
    "set .grad = 0.0": "zero_grad",
    "use .data": "numpy tolist value",
    "use .parents": "_children children prev",
    "use .local_grads": "_local_grads",
    "use autograd.{}(x)": "draw draw_dot",
    "join values first: np.stack(values).softmax()": "log_softmax logsumexp softmax",
    "join values first: np.stack(values).{}()": "max mean min sum",
    "a Value is one float; join values to a tensor first: np.stack(values)": "dtype",
    "a Value always has a gradient, use .detach() to cut it off": "requires_grad_",
}
# options of its constructor
OF_MAKING_VALUES = {
    "use label=": "name",
    "use _children=": "_parents _prev children parents prev",
    "use _op=": "op",
    "a Value always has a gradient, leave it out": "requires_grad",
    "a Value is one float, leave it out, or use Tensor": "dtype",
}
OF_TENSORS = {
    "use np.{}": "allclose argpartition average choose compress concatenate cross diag diff einsum "
    "count_nonzero empty_like fmax fmin flip fliplr flipud full_like histogram inner kron median "
    "meshgrid moveaxis nanmean nansum ones_like outer pad partition percentile put quantile resize "
    "roll rot90 sort split stack tensordot tile tril triu unique vdot vstack hstack zeros_like",
    "use np.maximum.accumulate(x, axis)": "cummax",
    "use np.minimum.accumulate(x, axis)": "cummin",
    "use np.logaddexp.accumulate(x, axis)": "logcumsumexp",
    "use np.concatenate": "cat",
    "use np.linalg.{}": "cholesky det inv pinv qr slogdet svd",
    "use .data.{}": "base byteswap ctypes dump dumps flags getfield setfield setflags tobytes "
    "tofile",
    "use np.lib.stride_tricks.sliding_window_view(x, shape)": "strides",
    "use .reshape(shape)": "reshape_as unflatten view view_as",
    "use .copy(), or .detach().copy() to cut it off": "clone",
    "use .expand_dims(axis) or x[:, None]": "unsqueeze",
    "use .transpose(axes)": "permute",
    "use np.moveaxis": "movedim",
    "use .T or .mT": "t",
    "use .parents, or autograd.draw(x)": "_children _prev children prev",
    "use .op.symbol": "_op",
    "use .label": "name",
    "use .data": "array asnumpy value",
    "use .item()": "asscalar",
    "use .ndim": "dim",
    "use .size": "nelement numel",
    "use .broadcast_to(shape)": "expand expand_as",
    "use .clip(low, high)": "clamp clamp_max clamp_min",
    "use .max(axis) and .min(axis)": "amax amin",
    "use np.take_along_axis(x, index, axis)": "gather",
    "use .take(indices, axis)": "index_select",
    "use np.where(mask, value, x)": "masked_fill where",
    "use .repeat(repeats, axis)": "repeat_interleave",
    "use np.sort(x), np.argsort(x) and a slice": "topk",
    "use np.array_split(x, sections)": "chunk",
    "use list(x)": "unbind",
    "use np.linalg.norm(x)": "norm",
    "use the operator @": "bmm matmul mm mv",
    "use .astype(dtype)": "bfloat16 bool cast double float half int long short to type type_as",
    "use .itemsize": "element_size",
    "use .dtype.kind": "is_complex is_floating_point",
    "use x[mask]": "masked_select",
    "use x[index] = value, or np.add.at(x, index, value)": "index_add index_copy index_fill "
    "index_put put_along_axis scatter scatter_add scatter_reduce",
    "use np.mean(x), np.std(x) and np.var(x)": "std_mean var_mean",
    "use nn.functional.{}": "binary_cross_entropy mse_loss nll_loss one_hot",
    "use .log_softmax(axis)": "logsoftmax",
    "use nn.functional.binary_cross_entropy": "binary_crossentropy",
    "use nn.functional.binary_cross_entropy_with_logits": "binary_crossentropy_logits",
    "use nn.Dropout": "dropout",
    "use nn.LayerNorm": "batchnorm layernorm",
    "use nn.scaled_dot_product_attention": "scaled_dot_product_attention",
    "use autograd.linear, or x @ w + b": "linear",
    WINDOWS: "avg_pool2d conv1d conv2d conv_transpose2d max_pool2d unfold",
    CPU: "as_in_context as_in_ctx as_np_ndarray cpu cuda",
    "arrays are contiguous where it matters, leave it out": "contiguous",
    "set .requires_grad = True": "attach_grad requires_grad_",
    "set .grad = None": "cleargrad null_grad null_gradients zero_grad",
    "use .requires_grad": "constant",
    "subclasses of numpy.ndarray are arrays without it, leave it out": "register",
    "use .detach()": "detach_ unchain unchain_backward",
    "use .backward(release=True)": "clear_graph",
    "use .max(axis) for the values, .argmax(axis) for the places": "indices values",
    "use nn.functional.cross_entropy(x, target)": "cross_entropy sparse_categorical_crossentropy",
    "use Tensor(np.{}(...))": "arange eye full linspace ones zeros",
    DRAW: "bernoulli glorot_uniform kaiming_normal kaiming_uniform manual_seed multinomial normal "
    "rand rand_like randint randn randn_like randperm scaled_uniform uniform",
    _WRITE: "abs_ add_ assign assign_add assign_sub at clamp_ copy_ div_ exp_ fill fill_ "
    "index_add_ index_put_ log_ masked_fill_ mul_ neg_ normal_ pow_ relu_ scatter_ scatter_add_ "
    "sigmoid_ sqrt_ sub_ tanh_ uniform_ zero_",
}
# keyword arguments
OF_OTHERS = {
    "allow_int": "integers count as floats, leave it out",
    "constant": "use requires_grad= where a leaf is made, and .detach() later",
    "device": CPU,
    "dim": "use axis=",
    "donate_argnums": "arrays are used again by themselves, leave it out",
    "holomorphic": "numbers are real, leave it out",
    "keepdim": "use keepdims=",
    "name": "use label= where a node is made",
    "static_argnames": "use static=",
    "static_argnums": "use static=",
    "retain_grad": KEPT,
    "unbiased": "use ddof=1 or ddof=0",
    **dict.fromkeys(("start_dim", "end_dim"), "use x.reshape(len(x), -1), or nn.Flatten"),
    "set_to_none": "a gradient becomes None, leave it out",
    "retain_graph": "the graph is kept, leave it out; release=True frees it",
    # of a training
    "callbacks": "use callback=, a function of a step",
    "class_weight": "use nn.CrossEntropyLoss(weight=...)",
    "generator": "use rng=",
    "gradient_clip_val": "use clip_norm=",
    "learning_rate": "set it where the optimizer is made",
    "lr": "set it where the optimizer is made",
    "lr_scheduler": "use schedule=",
    "max_norm": "use clip_norm=",
    "patience": "use early_stopping=",
    "random_state": "use rng=",
    "scheduler": "use schedule=",
    "seed": "use rng=",
    "validation_data": "use validation=",
    "validation_split": "use nn.data.train_test_split, and validation= for the second part",
    "verbose": "use progress=",
}

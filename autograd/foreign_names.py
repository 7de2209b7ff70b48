"""Names in other libraries that are not used here, with what to use instead. Next: `absent.py`.

These are tables only; `absent.py` makes classes and packages raise by them.
"""

from __future__ import annotations

_OPERATORS = "use the operators + - * / ** @"
_CPU = "the CPU is the only device, leave it out"
_KEPT = "every node keeps its gradient, leave it out"
_WINDOWS = "use np.lib.stride_tricks.sliding_window_view and a product"
_COSINE = "use (x * y).sum(axis=1) / (np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1))"
_DRAW = "draw from rng = np.random.default_rng(seed)"
_SCIPY = "use scipy.optimize.minimize, with jac=True of value_and_grad"
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
    _KEPT: "retain_grad",
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
    _WINDOWS: "avg_pool2d conv1d conv2d conv_transpose2d max_pool2d unfold",
    _CPU: "as_in_context as_in_ctx as_np_ndarray cpu cuda",
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
    _DRAW: "bernoulli glorot_uniform kaiming_normal kaiming_uniform manual_seed multinomial normal "
    "rand rand_like randint randn randn_like randperm scaled_uniform uniform",
    _WRITE: "abs_ add_ assign assign_add assign_sub at clamp_ copy_ div_ exp_ fill fill_ "
    "index_add_ index_put_ log_ masked_fill_ mul_ neg_ normal_ pow_ relu_ scatter_ scatter_add_ "
    "sigmoid_ sqrt_ sub_ tanh_ uniform_ zero_",
}
OF_AUTOGRAD = {
    "use jacobian": "jacfwd jacrev",
    "use elementwise_grad, jacobian or axes for the samples": "vmap",
    "use grad(f, (0, 1, ...))": "multigrad",
    "use jvp": "linearize",
    "use scan, np.where or stop_gradient": "lax",
    "write a comprehension over the dict or list; autograd.misc.flatten makes one vector": "tree "
    "flatten_util ravel_pytree tree_map tree_util",
    "use checkpoint": "remat",
    "use check_grads": "gradcheck gradgradcheck",
    "use operation": "Function custom_jvp custom_vjp execute_op",
    "use add_n": "add_sequence",
    "multiply by the operator *": "multiply_sequence",
    "use np.linalg.multi_dot": "multi_matmul",
    "use np.lib.stride_tricks.{}": "sliding_window_view",
    "write it as 1 / np.cos(x), np.arccos(1 / x)": "arccot arccoth arccsc arccsch arcsec "
    "arcsech cot coth csc csch sec sech",
    "arrays are not locked: write into those of a graph after backward()": "mem_guard_active "
    "mem_guard_off mem_guard_on turn_memory_guarding_off turn_memory_guarding_on",
    "use autograd.extend.{}": "defjvp defvjp",
    "use Tensor": "Variable as_tensor as_variable astensor from_numpy",
    _CPU: "device",
    "use no_grad": "inference_mode no_autodiff pause set_grad_enabled using_config",
    "graphs are recorded everywhere but under no_grad, leave it out": "GradientTape is_recording "
    "record",
    "use .train() and .eval() of the module": "is_training predict_mode test_mode train_mode",
    "use nn.Parameter": "Parameter",
    "use np.concatenate": "cat",
    _DRAW: "manual_seed rand randint randn random randperm",
    "use find_nan": "detect_anomaly",
    "use Value": "engine",
    "use nn.scalar.{}": "Layer MLP Neuron",
    "use nn.functional": "functional nnet",
    "use nn.optim, or autograd.misc.optimizers": "optim optimizers",
    "use autograd.differential_operators": "convenience_wrappers",
    "use autograd.builtins": "container_types",
    "use draw": "build_graph computational_graph",
    "import nn, the package beside it": "nn",
    "use grad, jvp, vjp, jacobian or hessian": "autograd func",
    "use jit": "compile",
    "use .{}()": "detach flatten",
    "ask isinstance(x, Tensor)": "is_tensor",
    "a shape is a tuple": "Size",
    "use np.float32": "float",
    "use np.int64": "int",
    "give dtype= where a tensor is made": "get_default_dtype set_default_dtype",
    "write x + a @ b": "addmm addmv baddbmm",
    "write np.linalg.norm(a[:, None] - b, axis=2)": "cdist",
    "use np.trapezoid": "trapz",
    "use autograd.scipy.stats": "distributions",
}
_GRAPH = "use draw, stepper or watch to see a graph, jit to replay one"
_NESTS = "use tuple, list and dict"
_RULES = "use operation, or autograd.extend.primitive and defvjp"
# the inside of HIPS autograd, wherever it was
OF_HIPS = {
    _GRAPH: "ConstGraphNode FullGraphNode Node const_graph const_graph_unary find_top_boxed_args "
    "full_graph toposort tracers",
    "use autograd.tracer.new_box(x, 0, VJPNode.new_root()), or trace": "TraceStack trace_stack",
    _RULES: "JVPNode SparseObject box_type_mappings defjvp_is_zero defvjp_is_zero defvjps "
    "primitive_jvps primitive_vjps primitive_with_aux sum_outgrads wrap_namespace",
    "use notrace_primitive": "nograd_functions nograd_primitive notrace_primitives "
    "register_notrace",
    "use unbroadcast_f": "unbroadcast",
    _NESTS: "container_take make_dict make_list make_sequence make_tuple",
}
# names that NumPy 2 has no more, and no text for
OF_NUMPY = {
    "use np.trapezoid": "trapz",
    "use np.prod": "product",
    "use np.cumprod": "cumproduct",
    "use np.isin": "in1d",
    "use np.sort(x, axis=0)": "msort",
    "use np.bool_": "bool8",
    "use .item()": "asscalar",
}
_SCHEDULES = {
    "use nn.schedules": "CosineAnnealingLR ExponentialLR LambdaLR LinearLR MultiStepLR OneCycleLR "
    "StepLR lr_scheduler",
    "use nn.schedules.ReduceOnPlateau": "ReduceLROnPlateau",
}
OF_NN = {
    "use nn.LayerNorm": "BatchNorm BatchNorm1d BatchNorm2d GroupNorm InstanceNorm1d batchnorm",
    _WINDOWS: "AvgPool2d Conv1d Conv2d MaxPool2d Unfold conv_nd max_pool",
    _COSINE: "CosineSimilarity",
    "use .register_buffer(name, array) of a module": "Buffer",
    "write np.where(x > 0, x, a * x) in forward, with a parameter a": "PReLU",
    "write .reshape(shape) in forward": "Unflatten",
    "use nn.functional.{}": "cross_entropy leaky_relu log_softmax mse_loss relu sigmoid softmax "
    "softplus tanh",
    "use nn.init": "initializers",
    "write a step and repeat it by autograd.scan": "GRU GRUCell LSTM LSTMCell RNN RNNCell",
    "use nn.MultiHeadAttention": "MultiheadAttention Transformer TransformerEncoderLayer",
    "use nn.functional.nll_loss, or nn.CrossEntropyLoss of logits": "NLLLoss",
    "use nn.Adam or nn.RMSProp": "Adadelta Adagrad Adamax NAdam RAdam",
    "use nn.MSELoss": "MSE",
    "use nn.Linear": "Dense",
    "use nn.RMSProp": "RMSprop",
    "use nn.optim": "Optimizer optimizers",
    **_SCHEDULES,
    _SCIPY: "LBFGS",
    "use nn.clip_by_norm": "clip_grad_norm clip_grad_norm_ utils",
    "use a list of modules as it is": "ModuleDict ModuleList ParameterDict ParameterList",
    "use nn.scalar.{}": "Layer Neuron",
    **LOSSES,
    **CURVES,
    "use nn.data": "DataLoader TensorDataset random_split",
    "pass rng=, a seed or a numpy.random.Generator": "manual_seed seed set_seed",
}
OF_FUNCTIONAL = {
    **LOSSES,
    **CURVES,
    "use x[..., :n] * autograd.sigmoid(x[..., n:])": "glu",
    _WINDOWS: "avg_pool2d conv1d conv2d max_pool2d unfold",
    _COSINE: "cosine_similarity",
    "use nn.functional.log_softmax": "logsoftmax",
    "use nn.functional.cross_entropy": "softmax_crossentropy",
    "use nn.functional.nll_loss": "negative_log_likelihood",
    "use nn.Dropout": "dropout",
    "use nn.Embedding, or weight[index]": "embedding",
    "use nn.LayerNorm": "batch_norm layer_norm",
    "use autograd.linear, or x @ w + b": "linear",
    "use x / np.linalg.norm(x, axis=1, keepdims=True)": "normalize",
    "use np.pad": "pad",
    "use nn.scaled_dot_product_attention": "scaled_dot_product_attention",
}
OF_INIT = {
    "use nn.init.he_normal": "kaiming_normal kaiming_normal_",
    "use nn.init.he_uniform": "kaiming_uniform kaiming_uniform_",
    "use nn.init.xavier_normal": "glorot_normal xavier_normal_",
    "use nn.init.xavier_uniform": "glorot_uniform xavier_uniform_",
    "use nn.init.normal": "normal_",
    "use nn.init.uniform": "uniform_",
    "use nn.init.orthogonal": "orthogonal_",
    "use nn.init.constant": "constant_",
    "use nn.init.zeros": "zeros_",
    "use nn.init.ones": "ones_",
    "use Tensor(np.eye(n))": "eye eye_ identity",
}
OF_OPTIM = {
    _SCIPY: "LBFGS",
    "use nn.RMSProp": "RMSprop",
    **_SCHEDULES,
    "use nn.Adam or nn.RMSProp": "Adadelta Adagrad Adamax NAdam RAdam",
}
OF_DATA = {
    "use nn.data.batches(x, y, size, rng)": "DataLoader",
    "use nn.data.Dataset": "TensorDataset",
    "use nn.data.train_test_split": "Subset random_split",
}
OF_OPTIMIZERS = {
    "use .lr": "learning_rate param_groups",
    "use another optimizer beside it": "add_param_group",
}
OF_MODULES = {
    _CPU: "cpu cuda to",
    "make a new one: nn.Sequential(*model, layer)": "append extend insert",
    "make the layer anew": "reset_parameters",
    "write it in forward, or use nn.record for what the layers gave": "register_forward_hook",
    "use .modules()": "apply children named_children",
    "set it as an attribute": "add_module register_module register_parameter",
    "make its layers with dtype=": "double float half",
    "call it, model(x), or use nn.predict(model, x)": "predict",
    "use nn.fit(model, data, loss, optimizer, epochs=...)": "compile fit",
    "use nn.evaluate(model, data)": "evaluate",
    "use nn.save(path, model)": "save save_weights",
    "use nn.load(path, model)": "load load_weights",
    "print the model": "summary",
}
OF_PACKAGES = {
    "autograd": OF_AUTOGRAD,
    "autograd.builtins": OF_HIPS,
    "autograd.core": OF_HIPS,
    "autograd.extend": OF_HIPS,
    "autograd.misc": OF_HIPS,
    "autograd.numpy": OF_NUMPY | OF_HIPS,
    "autograd.numpy.numpy_vjps": OF_HIPS,
    "autograd.tracer": OF_HIPS,
    "autograd.util": OF_HIPS,
    "nn": OF_NN,
    "nn.data": OF_DATA,
    "nn.functional": OF_FUNCTIONAL,
    "nn.init": OF_INIT,
    "nn.optim": OF_OPTIM,
}
# keyword arguments of layers, losses and optimizers
OF_PARTS = {
    "use axis=": "dim",
    "use activation=": "activations act nonlinearity",
    "put a layer such as nn.ReLU() behind it": "activation activations act nonlinearity",
    "use leak=": "negative_slope",
    "use features=": "embed_dim embedding_dim hidden_size normalized_shape d_model",
    "use count=": "num_embeddings input_dim",
    "use heads=": "num_heads nhead",
    "use in_features= and out_features=": "units in_channels out_channels",
    "use bias= and gain=": "elementwise_affine affine use_bias",
    "use rng=": "seed key generator",
    "use parameters=": "params",
    "use lr=": "learning_rate",
    "use betas=(b1, b2)": "beta_1 beta_2 beta1 beta2",
    "use alpha=": "rho",
    "use eps=": "epsilon",
    "every result is a new array, leave it out": "inplace",
    "there is one way to take a step, leave it out": "amsgrad capturable foreach fused",
    "rows are samples, the first axis, leave it out": "batch_first",
    "lower the parameters of the negative loss": "maximize",
    'weight the losses that reduction="none" gives': "weight pos_weight ignore_index",
    "give probabilities as the target": "label_smoothing",
    "use reduction=": "size_average reduce",
    _CPU: "device",
}
# keyword arguments
OF_OTHERS = {
    "allow_int": "integers count as floats, leave it out",
    "constant": "use requires_grad= where a leaf is made, and .detach() later",
    "device": _CPU,
    "dim": "use axis=",
    "donate_argnums": "arrays are used again by themselves, leave it out",
    "holomorphic": "numbers are real, leave it out",
    "keepdim": "use keepdims=",
    "name": "use label= where a node is made",
    "static_argnames": "use static=",
    "static_argnums": "use static=",
    "retain_grad": _KEPT,
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

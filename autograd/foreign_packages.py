"""Names in the packages of other libraries, and options of their parts, with what to use instead.

These are tables only; `absent.py` makes packages and classes raise by them. Next: `absent.py`.
"""

from __future__ import annotations

from .foreign_names import CPU, CURVES, DRAW, LOSSES, WINDOWS

_COSINE = "use (x * y).sum(axis=1) / (np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1))"
_SCIPY = "use scipy.optimize.minimize, with jac=True of value_and_grad"

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
    CPU: "device",
    "use no_grad": "inference_mode no_autodiff pause set_grad_enabled using_config",
    "graphs are recorded everywhere but under no_grad, leave it out": "GradientTape is_recording "
    "record",
    "use .train() and .eval() of the module": "is_training predict_mode test_mode train_mode",
    "use nn.Parameter": "Parameter",
    "use np.concatenate": "cat",
    DRAW: "manual_seed rand randint randn random randperm",
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
    _GRAPH: "ConstGraphNode FullGraphNode Node const_graph_unary find_top_boxed_args full_graph "
    "toposort",
    "use autograd.tracer.new_box(x, 0, VJPNode.new_root()), or trace": "TraceStack trace_stack",
    _RULES: "JVPNode SparseObject box_type_mappings defjvp_is_zero defvjp_is_zero defvjps "
    "primitive_jvps primitive_vjps primitive_with_aux sum_outgrads wrap_namespace "
    "SparseBox add_outgrads balanced_eq box_types deprecated_defgrad "
    "deprecated_defvjp deprecated_defvjp_is_zero dot_adjoint_0 dot_adjoint_1 dot_vjp_0 dot_vjp_1 "
    "fwd_grad_chooser grad_chooser identity_jvp identity_vjp match_complex matmul_adjoint_0 "
    "matmul_adjoint_1 matmul_vjp_0 matmul_vjp_1 primitive_with_deprecation_warnings "
    "sparse_add sparse_object_types tensordot_adjoint_0 tensordot_adjoint_1 tensordot_vjp_0 "
    "tensordot_vjp_1 trace_primitives_map translate_jvp translate_vjp unbroadcast_einsum untake",
    "use notrace_primitive": "nograd_functions nograd_primitive notrace_primitives "
    "register_notrace",
    "use unbroadcast_f": "unbroadcast",
    "use np.concatenate": "concatenate_args",
    "use np.stack": "array_from_args wrap_if_boxes_inside",
    "use np.einsum": "parse_einsum_input",
    _NESTS: "ContainerVSpace DictVSpace ListVSpace NamedTupleVSpace SequenceVSpace TupleVSpace "
    "container_untake dict_ list_ sequence_extend_left sequence_extend_right tuple_ "
    "container_take make_dict make_list make_sequence make_tuple",
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
    WINDOWS: "AvgPool2d Conv1d Conv2d MaxPool2d Unfold conv_nd max_pool",
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
    WINDOWS: "avg_pool2d conv1d conv2d max_pool2d unfold",
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
    CPU: "cpu cuda to",
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
    "autograd.extend": {"use autograd.core.{}": "VJPNode"} | OF_HIPS,
    "autograd.misc": OF_HIPS,
    "autograd.misc.tracers": OF_HIPS,
    "autograd.numpy": OF_NUMPY | OF_HIPS,
    "autograd.numpy.numpy_jvps": OF_HIPS,
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
    CPU: "device",
}

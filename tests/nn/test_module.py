"""Module: contents, names, scopes, states, copies, and its text."""

import copy
import pickle

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from nn import Linear, Module, Parameter, ReLU, Sequential
from nn.modules.tree import walk


class Nested(Module):
    """Parameters in every kind of container, and no call of super().__init__()."""

    def __init__(self):
        self.first = Parameter([1.0])
        self.listed = [Parameter([2.0]), (Parameter([3.0]), {"deep": Parameter([4.0])})]
        self.named = {"a": Linear(2, 2, rng=0), 3: Value(5.0)}
        self.objects = np.array([Value(6.0), Value(7.0)], dtype=object)
        self.constant = Tensor([8.0])
        self.number = 9.0
        self.computed = self.first * 2
        self.shared = self.first

    def forward(self, x):
        return x * self.first


def test_parameter_is_a_plain_leaf_tensor():
    p = Parameter([1.0, 2.0], label="p")
    assert type(p) is Tensor
    assert p.is_leaf
    assert p.requires_grad
    assert p.label == "p"
    assert Parameter([1.0], dtype=np.float32).dtype == np.float32


def test_parameter_of_integers_is_refused():
    with pytest.raises(TypeError, match="only floating tensors have gradients"):
        Parameter([1, 2])


def test_names_of_nested_parameters_shared_ones_once():
    names = [name for name, _ in Nested().named_parameters()]
    assert names == [
        "first",
        "listed.0",
        "listed.1.0",
        "listed.1.1.deep",
        "named.a.weight",
        "named.a.bias",
        "named.3",
        "objects.0",
        "objects.1",
    ]


def test_named_modules_and_modules():
    model = Sequential(Linear(2, 3), Sequential(ReLU(), Linear(3, 1)))
    paths = [path for path, _ in model.named_modules()]
    assert paths == ["", "layers.0", "layers.1", "layers.1.layers.0", "layers.1.layers.1"]
    assert model.modules()[0] is model
    shared = ReLU()
    assert len(Sequential(shared, shared).modules()) == 2


def test_a_module_that_holds_itself_is_walked_once():
    model = Sequential(Linear(2, 3))
    model.myself = model
    model.loop = [model]
    model.loop.append(model.loop)
    assert len(model.modules()) == 2
    assert len(model.parameters()) == 2


def test_nesting_of_any_depth():
    model = Linear(1, 1)
    for _ in range(3000):
        outer = Module()
        outer.inner = model
        model = outer
    assert len(model.modules()) == 3001
    assert model.modules() == [module for _, module in model.named_modules()]
    assert {name for name, _, _ in walk(model, named=False)} == {""}
    assert len(model.parameters()) == 2
    assert "3001" not in repr(model).split("\n")[0]


def test_count_parameters():
    assert Nested().count_parameters() == 4 + 4 + 2 + 1 + 2


def test_zero_grad_of_tensors_and_values():
    model = Nested()
    for p in model.parameters():
        p.grad = 1.0 if isinstance(p, Value) else np.ones(p.shape)
    model.zero_grad()
    for p in model.parameters():
        if isinstance(p, Value):
            assert p.grad == 0.0
        else:
            assert p.grad is None


def test_train_and_eval_set_all():
    model = Sequential(Linear(2, 3), ReLU())
    assert model.training
    assert model.eval() is model
    assert [m.training for m in model.modules()] == [False] * 3
    model.train()
    assert [m.training for m in model.modules()] == [True] * 3


def test_forward_must_be_defined():
    with pytest.raises(NotImplementedError, match=r"Module has no forward; define forward"):
        Module()(1.0)


# ------------------------------------------------------------------------------------------------
# Scopes and labels


class Block(Module):
    def __init__(self):
        self.inner = Linear(2, 2, rng=0)

    def forward(self, x):
        return self.inner(x) + x


def test_scopes_are_paths_below_the_outermost_module():
    model = Sequential(Block(), ReLU())
    y = model(np.ones((1, 2)))
    scopes = {n.op.name: n.scope for n in autograd.topological_order(y.node)}
    assert scopes == {"linear": "layers.0.inner", "add": "layers.0", "relu": "layers.1"}


def test_scopes_lie_below_an_open_scope_and_close_again():
    model = Sequential(Linear(2, 2))
    with autograd.scope("encoder"):
        assert model(np.ones((1, 2))).scope == "encoder.layers.0"
        assert model.layers[0](np.ones((1, 2))).scope == "encoder"
    assert model(np.ones((1, 2))).scope == "layers.0"
    assert (model.layers[0].weight * 2).scope == ""


def test_scopes_of_modules_added_after_the_first_call():
    model = Sequential(Linear(2, 2))
    model(np.ones((1, 2)))
    model.layers.append(Linear(2, 1))
    assert model(np.ones((1, 2))).scope == "layers.1"
    assert model.layers[1].weight.label == "layers.1.weight"


def test_a_module_that_the_caller_does_not_hold_is_named_by_its_class():
    stranger = Sequential(Linear(2, 2))

    class Caller(Module):
        def forward(self, x):
            return stranger(x)

    assert Caller()(np.ones((1, 2))).scope == "Sequential.layers.0"
    assert Sequential(Caller())(np.ones((1, 2))).scope == "layers.0.Sequential.layers.0"


def test_a_module_may_call_itself():
    class Twice(Module):
        def __init__(self):
            self.w = Parameter(2.0)

        def forward(self, x, again=True):
            return self(x * self.w, again=False) if again else x * self.w

    assert Twice()(3.0).item() == 12.0


def test_scope_closes_after_an_error():
    model = Sequential(Linear(2, 2))
    with pytest.raises(ValueError, match="got x of shape"):
        model(np.ones((1, 3)))
    assert (model.layers[0].weight * 2).scope == ""
    assert model(np.ones((1, 2))).scope == "layers.0"


def test_labels_are_dotted_names_unless_given():
    model = Sequential(Linear(2, 2), Linear(2, 2))
    model.layers[0].weight.label = "W"
    assert model.layers[1].weight.label == ""
    model(np.ones((1, 2)))
    assert [p.label for p in model.parameters()] == [
        "W",
        "layers.0.bias",
        "layers.1.weight",
        "layers.1.bias",
    ]


def test_errors_carry_a_note_of_the_innermost_module():
    class Broken(Module):
        def forward(self, x):
            return x @ np.ones((5, 1))

    with pytest.raises(ValueError, match="matmul") as caught:
        Sequential(Sequential(Broken()))(Tensor(np.ones((2, 3))))
    notes = caught.value.__notes__
    assert notes == ["in module Broken 'layers.0.layers.0', called with Tensor (2, 3)"]


def test_note_of_a_call_without_inputs():
    with pytest.raises(NotImplementedError) as caught:
        Module()()
    assert caught.value.__notes__ == ["in module Module, called with nothing"]


def test_an_option_that_forward_does_not_have_is_answered_by_those_it_has():
    layer = nn.MultiHeadAttention(4, 2, rng=0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'attn_mask'") as caught:
        layer(np.ones((3, 4)), attn_mask=None)
    (note,) = caught.value.__notes__
    assert note.endswith("called with ndarray (3, 4); its forward takes x, context, mask")
    with pytest.raises(TypeError, match="takes 2 positional arguments") as caught:
        Linear(4, 2, rng=0)(np.ones((3, 4)), np.ones(2))
    assert caught.value.__notes__[0].endswith("; its forward takes x")


# ------------------------------------------------------------------------------------------------
# Freezing


def test_frozen_parameters_stay_parameters_and_keep_their_labels():
    model = Sequential(Linear(2, 3))
    model(np.ones((1, 2)))
    assert model.requires_grad_(False) is model
    assert [p.requires_grad for p in model.parameters()] == [False, False]
    assert model(np.ones((1, 2))).requires_grad is False
    assert list(model.state_dict()) == ["layers.0.weight", "layers.0.bias"]
    model.requires_grad_(True)
    assert [p.label for p in model.parameters()] == ["layers.0.weight", "layers.0.bias"]
    model(np.ones((1, 2))).sum().backward()
    assert model.layers[0].weight.grad is not None


def test_a_parameter_frozen_by_hand_is_still_saved():
    layer = Linear(2, 3)
    layer.weight.requires_grad = False
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    assert sorted(copy.deepcopy(layer).state_dict()) == ["bias", "weight"]


def test_values_cannot_be_frozen_and_nothing_is():
    model = Nested()
    with pytest.raises(TypeError, match=r"'named.3' is a Value, and values cannot be frozen"):
        model.requires_grad_(False)
    assert model.first.requires_grad


# ------------------------------------------------------------------------------------------------
# States and copies


def test_state_dict_holds_copies():
    layer = Linear(2, 3)
    state = layer.state_dict()
    state["weight"][...] = 0
    assert layer.weight.data.any()
    assert Nested().state_dict()["named.3"] == 5.0


def test_load_state_dict_restores_and_copies():
    a, b = Nested(), Nested()
    for p in a.parameters():
        p.data = p.data * 2.0
    state = a.state_dict()
    b.load_state_dict(state)
    for x, y in zip(a.parameters(), b.parameters(), strict=True):
        assert np.array_equal(x.data, y.data)
    state["first"][...] = 99
    assert b.first.data[0] == 2.0


def test_load_casts_to_the_dtype_of_the_parameter():
    layer = Linear(2, 3, dtype=np.float32)
    layer.load_state_dict({"weight": np.ones((2, 3)), "bias": Tensor([1, 2, 3])})
    assert layer.weight.dtype == np.float32
    assert layer.bias.data.tolist() == [1, 2, 3]


def test_load_marks_parameters_as_changed():
    layer = Linear(2, 3)
    loss = (layer(np.ones((1, 2))) ** 2).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(RuntimeError, match="changed after it was used"):
        loss.backward()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s.pop("bias"), ValueError, "missing: bias"),
        (lambda s: s.update(extra=1.0), ValueError, "unknown: extra"),
        (
            lambda s: s.update(bias=np.ones(4)),
            ValueError,
            r"'bias' of Linear has shape \(3,\), the state has \(4,\); nothing was loaded$",
        ),
        (
            lambda s: s.update(weight=s["weight"].T),
            ValueError,
            r"state has \(3, 2\); nothing was loaded; weights are \(inputs, outputs\), give the tr",
        ),
        (
            lambda s: s.update(bias=np.array(["a", "b", "c"])),
            TypeError,
            "state of 'bias' has dtype <U1; give real numbers",
        ),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, message):
    layer = Linear(2, 3, rng=0)
    before = layer.state_dict()
    state = {k: v + 1 for k, v in before.items()}
    change(state)
    with pytest.raises(error, match=message):
        layer.load_state_dict(state)
    assert all(np.array_equal(before[k], v) for k, v in layer.state_dict().items())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_independent_and_named_afresh(copied):
    model = nn.MLP([2, 3, 1], rng=0)
    model(np.ones((1, 2)))
    twin = copied(model)
    assert "_names" not in vars(twin)
    twin.layers[0].weight.data = np.zeros((2, 3))
    assert model.layers[0].weight.data.any()
    assert twin(np.ones((1, 2))).scope == "layers.2"
    assert twin.layers[0].weight.label == "layers.0.weight"


def test_copies_keep_shared_parameters_shared():
    model = Sequential(Linear(2, 2), Linear(2, 2))
    model.layers[1].weight = model.layers[0].weight
    twin = copy.deepcopy(model)
    assert twin.layers[1].weight is twin.layers[0].weight
    assert len(twin.parameters()) == 3


# ------------------------------------------------------------------------------------------------
# Text


def test_repr_is_a_table():
    model = Sequential(Linear(2, 3), nn.LeakyReLU(0.1), Linear(3, 1, bias="column"))
    model.layers[0].requires_grad_(False)
    assert repr(model).split("\n") == [
        "Sequential, 13 parameters",
        "  layers.0  Linear(2 -> 3)                 weight (2, 3) frozen, bias (3,) frozen",
        "  layers.1  LeakyReLU(0.1)",
        "  layers.2  Linear(3 -> 1, bias as a row)  weight (4, 1)",
    ]
    assert repr(Linear(2, 3)) == "Linear(2 -> 3), 9 parameters: weight (2, 3), bias (3,)"


def test_repr_of_many_parameters_is_short():
    assert repr(Nested()).split("\n")[0].endswith("and 3 more")


def test_an_array_does_not_take_the_place_of_a_parameter():
    model = nn.MLP([2, 3, 1], rng=0)
    match = r"Linear.*: weight is a parameter of shape \(2, 3\), .* write \.weight\.data = array"
    with pytest.raises(TypeError, match=match):
        model[0].weight = np.ones((2, 3))
    assert len(model.parameters()) == 4
    model[0].weight.data = np.ones((2, 3))
    model[0].weight = nn.Parameter(np.zeros((2, 3)))
    model[0].weight = model[0].weight.detach()
    model[0].weight = np.ones((2, 3))
    assert len(model.parameters()) == 3
    model.mean = np.ones(2)
    model.mean = np.zeros(2)
    assert "mean" not in dict(model.named_parameters())


def test_isinstance_tells_what_a_module_learns():
    model = Linear(2, 3, rng=0)
    assert all(isinstance(p, Parameter) for p in model.parameters())
    kinds = [Tensor([1.0]), model.weight * 2.0, Value(1.0), np.ones(2), None, Parameter]
    assert not any(isinstance(x, Parameter) for x in kinds)
    assert type(Parameter([1.0])) is type(pickle.loads(pickle.dumps(Parameter([1.0])))) is Tensor


def test_parts_that_a_first_call_adds_have_their_scope():
    class Lazy(Module):
        def forward(self, x):
            if not hasattr(self, "part"):
                self.part = Linear(2, 2, rng=0)
            return self.part(x)

    model = Lazy()
    assert [model(np.ones((1, 2))).scope for _ in range(2)] == ["part", "part"]
    chain = Sequential()
    chain(np.ones((1, 2)))
    chain.layers.append(Linear(2, 2, rng=0))
    assert chain(np.ones((1, 2))).scope == "layers.0"

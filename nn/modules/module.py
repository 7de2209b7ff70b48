"""Module, the part of a model that owns parameters and names what it computes.

Next: `../functional.py`.

A module is an ordinary object. Its parameters are the leaf tensors and values among its attributes,
in lists, tuples and dicts too, and in the modules it holds: none is registered, and a subclass
need not call ``super().__init__()``.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Never, Self

import numpy as np

from autograd import Tensor, Value
from autograd.absent import AbsentOfModule, refuse_options
from autograd.mode import absolute_scope, current_scope, joined, notes_of_scope, set_scope
from autograd.settings import array_of, checked_flag, shown

from .buffers import Buffered, buffer_of, set_buffers
from .printing import printed
from .states import by_name, check_arrays, check_mapping
from .tree import OUTERMOST, Outermost, located, walk

_NOTE = "in module "
_outermost = OUTERMOST.get


class Module(AbsentOfModule, Buffered):
    """The base class of layers, losses and models; subclasses define ``forward``.

    Examples
    --------
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Parameter(np.array([2.0, 3.0]))
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> scale = Scale()
    >>> scale(np.ones(2)).data
    array([2., 3.])
    >>> [name for name, _ in scale.named_parameters()]
    ['factor']
    """

    training: bool = True

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            """Set an attribute; raise TypeError for an array in place of a parameter or method."""
            if name in _METHODS and not callable(value):
                raise TypeError(
                    f"{located(self)}: {name} is a method of all modules, and this "
                    f"{type(value).__name__} would take its place; choose another name"
                )
            if isinstance(value, np.ndarray):
                held = self.__dict__.get(name)
                if isinstance(held, Tensor) and held.is_leaf and held.requires_grad:
                    raise TypeError(
                        f"{located(self)}: {name} is a parameter of shape {held.shape}, and an "
                        f"array in its place would not be trained; write .{name}.data = array, or "
                        "nn.Parameter(array) for another parameter"
                    )
            if name in self.__dict__.get("_buffers", ()):
                value = buffer_of(self, name, value)
            object.__setattr__(self, name, value)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output; subclasses define it, otherwise it raises NotImplementedError."""
        raise NotImplementedError(
            f"{type(self).__name__} has no forward; define forward(self, x) in the class"
        )

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Run ``forward`` in the scope of this module's path below the outermost module called."""
        outermost = _outermost()
        if outermost is None:
            return self._call_outermost(None, inputs, options)
        known = outermost.names.get(id(self))
        notes = known[1] if known is not None else outermost.notes_of(self)
        if notes is None:
            return self._call_outermost(outermost, inputs, options)
        before = notes_of_scope()
        try:
            set_scope(notes)
            return self.forward(*inputs, **options)
        except Exception as error:
            self._locate(error, inputs)
            raise
        finally:
            set_scope(before)

    def _call_outermost(
        self, outer: Outermost | None, inputs: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        base, before = current_scope(), OUTERMOST.get()
        if outer is not None:
            # not a part of the outermost module: its class, below the scope of the caller
            base = joined(base, type(self).__name__)
        try:
            OUTERMOST.set(Outermost(self, base))
            with absolute_scope(base):
                try:
                    return self.forward(*inputs, **options)
                except Exception as error:
                    self._locate(error, inputs)
                    raise
        finally:
            OUTERMOST.set(before)

    def _locate(self, error: Exception, inputs: tuple[Any, ...]) -> None:
        """Add a note to an error that names the module, unless an inner module has done so."""
        if not any(n.startswith(_NOTE) for n in getattr(error, "__notes__", ())):
            shapes = ", ".join(
                f"{type(x).__name__} {getattr(x, 'shape', '')}".rstrip() for x in inputs
            )
            note = f"{_NOTE}{located(self)}, called with {shapes or 'nothing'}"
            if isinstance(error, TypeError) and "forward() " in str(error):
                note += (
                    f"; its forward takes {', '.join(inspect.signature(self.forward).parameters)}"
                )
            error.add_note(note)

    # ---------------------------------------------------------------------------------------------
    # The contents of a module

    def modules(self) -> list[Module]:
        """Return this module and all modules in it, each once.

        Examples
        --------
        >>> len(Sequential(Linear(2, 3), ReLU()).modules())
        3
        """
        return [x for _, _, x in walk(self, named=False) if isinstance(x, Module)]

    def named_modules(self) -> list[tuple[str, Module]]:
        """Return (dotted path, module) for all modules, each once; this one has the path ''.

        Examples
        --------
        >>> [path for path, _ in Sequential(Linear(2, 3), ReLU()).named_modules()]
        ['', 'layers.0', 'layers.1']
        """
        return [(path, x) for path, _, x in walk(self) if isinstance(x, Module)]

    def parameters(self) -> list[Any]:
        """Return all parameters, shared ones once, in the order of the attributes.

        Examples
        --------
        >>> [p.shape for p in Linear(2, 3).parameters()]
        [(2, 3), (3,)]
        """
        return [p for _, p in self.named_parameters()]

    def named_parameters(self) -> list[tuple[str, Any]]:
        """Return (dotted name, parameter) for all parameters, shared ones once.

        A tensor is a parameter if it is a leaf that requires a gradient, or was one when this
        module was last searched: a frozen parameter stays one.

        Examples
        --------
        >>> [(name, p.shape) for name, p in Linear(2, 3).named_parameters()]
        [('weight', (2, 3)), ('bias', (3,))]
        """
        found: list[tuple[str, Any]] = []
        seen: set[int] = set()
        remembered: dict[int, tuple[Module, list[Tensor]]] = {}
        for name, owner, x in walk(self):
            if isinstance(x, Module):
                remembered[id(x)] = x, []
                continue
            if isinstance(x, Tensor):
                before = owner.__dict__.get("_remembered", ())
                if not (x.requires_grad or any(x is t for t in before)):
                    continue
                remembered[id(owner)][1].append(x)
            if id(x) not in seen:
                seen.add(id(x))
                found.append((name, x))
        for module, tensors in remembered.values():
            known = module.__dict__.get("_remembered")
            # not set if nothing changed, as a recording of `jit` checks what it has read
            if known is None or [*map(id, known)] != [*map(id, tensors)]:
                module.__dict__["_remembered"] = tensors
        return found

    def count_parameters(self) -> int:
        """Return how many numbers the parameters hold.

        Examples
        --------
        >>> Linear(2, 3).count_parameters()
        9
        """
        return sum(math.prod(p.shape) for p in self.parameters())

    # ---------------------------------------------------------------------------------------------
    # Changing a module

    def zero_grad(self, **options: Never) -> None:
        """Reset all gradients: None for tensors, 0.0 for values.

        Examples
        --------
        >>> layer = Linear(2, 3)
        >>> layer(np.ones(2)).sum().backward()
        >>> layer.zero_grad()
        >>> layer.weight.grad is None
        True
        """
        refuse_options("zero_grad", options)
        for p in self.parameters():
            if p.requires_grad:
                p.grad = 0.0 if isinstance(p, Value) else None

    def train(self, mode: bool = True) -> Self:
        """Set the ``training`` flag of this module and all modules in it, and return the module.

        Parameters
        ----------
        mode : bool
            True for training, False for evaluation.

        Returns
        -------
        Module
            This one.

        Examples
        --------
        >>> nn.Dropout(0.5).train(False).training
        False
        """
        mode = checked_flag("train: mode", mode)
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Clear the ``training`` flag of this module and all modules in it, and return the module.

        Returns
        -------
        Module
            This one.

        Examples
        --------
        >>> nn.Dropout(0.5).eval()(np.ones(3))
        array([1., 1., 1.])
        """
        return self.train(False)

    def requires_grad_(self, wanted: bool = True) -> Self:
        """Freeze (``False``) or unfreeze all parameters, and return the module.

        Parameters
        ----------
        wanted : bool
            False to freeze, True to unfreeze.

        Returns
        -------
        Module
            This one.

        Raises
        ------
        TypeError
            If a parameter is a `Value`, which always has a gradient. Nothing has changed then.

        Examples
        --------
        >>> layer = Linear(2, 3).requires_grad_(False)
        >>> layer.weight.requires_grad, len(layer.parameters())
        (False, 2)
        """
        named = self.named_parameters()
        values = [name for name, p in named if isinstance(p, Value)]
        if values and not wanted:
            raise TypeError(
                f"{shown(values[0])} is a Value, and values cannot be frozen; leave it out of the "
                "list of parameters given to the optimizer"
            )
        for _, p in named:
            if isinstance(p, Tensor):
                label, p.requires_grad = p.label, wanted
                p.label = label
        return self

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all parameters and buffers by dotted name; floats for values.

        Raises
        ------
        ValueError
            If two have the same name, by a dot in a key of a dict, or one that ``parameters``
            returns has no name.

        Examples
        --------
        >>> sorted(Linear(2, 3).state_dict())
        ['bias', 'weight']
        """
        what = type(self).__name__
        named = by_name(what, self.named_parameters())
        nameless = {*map(id, self.parameters())} - {*map(id, named.values())}
        if nameless:
            raise ValueError(
                f"{what}: {len(nameless)} of its parameters are in no attribute, nor in a list or "
                "dict in one, and have no name to be saved by; keep them in an attribute"
            )
        return {
            name: p.data if isinstance(p, Value) else p.numpy() for name, p in named.items()
        } | {name: np.array(x) for name, x in by_name(what, self.named_buffers()).items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set parameters and buffers to copies of the arrays in ``state``, in their own dtypes.

        Parameters
        ----------
        state : mapping
            What `state_dict` of a module of the same structure returned.

        Raises
        ------
        ValueError
            If one is missing, unknown or of another shape; the message names it, and both shapes.
        TypeError
            If an entry does not hold real numbers. The module is untouched in each case.

        Examples
        --------
        >>> a, b = Linear(2, 3, rng=0), Linear(2, 3, rng=1)
        >>> b.load_state_dict(a.state_dict())
        >>> bool((a.weight.data == b.weight.data).all())
        True
        """
        what = type(self).__name__
        check_mapping(what, state)
        named = by_name(what, self.named_parameters())
        plain = ((k, x.data if isinstance(x, Tensor | Value) else x) for k, x in state.items())
        arrays = {str(k): np.array(array_of(f"{what}: the state of {k!r}", x)) for k, x in plain}
        check_arrays(what, named | by_name(what, self.named_buffers()), arrays)
        for name, p in named.items():
            p.data = arrays[name]
        set_buffers(self, arrays)

    # ---------------------------------------------------------------------------------------------
    # Printing a module

    def title(self) -> str:
        """Return how `repr` shows this module: its class and sizes.

        Examples
        --------
        >>> Linear(2, 3).title()
        'Linear(2 -> 3)'
        """
        return type(self).__name__

    def _functions(self) -> list[tuple[int, str]]:
        """Return the plain functions in the list ``layers`` of a chain, by position."""
        return []

    def __repr__(self) -> str:
        return printed(self)


_METHODS = {
    name for name in dir(Module) if name[0] != "_" and callable(getattr(Module, name, None))
}


def check_module(name: str, model: Any) -> None:
    """Raise TypeError if the argument of a function is not a module."""
    if isinstance(model, type):
        raise TypeError(
            f"{name} takes a Module, got the class {model.__name__}; make one, as by "
            f"{model.__name__}(...)"
        )
    if not isinstance(model, Module):
        raise TypeError(
            f"{name} takes a Module, got {type(model).__name__}; loose parameters become one by "
            "m = nn.Module(); m.w = w"
        )

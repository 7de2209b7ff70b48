"""Module, the part of a model that owns parameters and names what it computes. Next: `layers.py`.

A module is an ordinary object. Its parameters are the leaf tensors and values among its attributes, in
lists, tuples and dicts too, and in the modules it holds: nothing is registered, and a
subclass need not call ``super().__init__()``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from autograd import Tensor, Value
from autograd.mode import absolute_scope, current_scope

# What Module itself keeps among the attributes of an instance.
_OWN = frozenset({"_names", "_remembered"})


def Parameter(data: Any, label: str = "", dtype: npt.DTypeLike | None = None) -> Tensor:
    """Return a leaf tensor that wants a gradient; a module finds it among its attributes.

    It is a plain `Tensor`, not a class of its own, so that operators on it take the fast path.

    Parameters
    ----------
    data : array_like
        Floating-point numbers of any shape; they are copied.
    label : str
        The name shown in pictures and errors; a module gives the dotted path if there is none.
    dtype : dtype, optional
        As for `numpy.array`.

    Raises
    ------
    TypeError
        If the numbers are not floats.

    Examples
    --------
    >>> w = Parameter([[1.0, 2.0]], label="w")
    >>> w.requires_grad, w.label
    (True, 'w')
    """
    return Tensor(data, requires_grad=True, dtype=dtype, label=label)


class Module:
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

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output; every subclass says how.

        Raises
        ------
        NotImplementedError
            If the subclass does not define it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no forward; define forward(self, x) in the class"
        )

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Run ``forward`` in the scope of this module's path below the outermost module called."""
        outermost = _OUTERMOST.get()
        path = None if outermost is None else outermost.path_of(self)
        if path is None:
            return self._call_outermost(outermost, inputs, options)
        with absolute_scope(path):
            return self._run(inputs, options)

    def _call_outermost(
        self, outer: _Outermost | None, inputs: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        base = current_scope()
        if outer is not None:
            # a module that the calling one does not hold: named by its class below the caller
            base = f"{base}.{type(self).__name__}" if base else type(self).__name__
        if "_names" not in self.__dict__:
            _name_modules(self)
        token = _OUTERMOST.set(_Outermost(self, base))
        try:
            if outer is None:
                return self._run(inputs, options)
            with absolute_scope(base):
                return self._run(inputs, options)
        finally:
            _OUTERMOST.reset(token)

    def _run(self, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        try:
            return self.forward(*inputs, **options)
        except Exception as error:
            if not any(n.startswith(_NOTE) for n in getattr(error, "__notes__", ())):
                shapes = ", ".join(_shape_text(x) for x in inputs)
                error.add_note(f"{_NOTE}{_located(self)}, called with {shapes or 'nothing'}")
            raise

    # ---------------------------------------------------------------------------------------------
    # What a module holds

    def modules(self) -> list[Module]:
        """Return this module and all modules in it, each once."""
        return [module for _, module in self.named_modules()]

    def named_modules(self) -> list[tuple[str, Module]]:
        """Return (dotted path, module) for this module, whose path is '', and all in it, each once.

        Examples
        --------
        >>> [path for path, _ in Sequential(Linear(2, 3), ReLU()).named_modules()]
        ['', 'layers.0', 'layers.1']
        """
        return [(path, x) for path, _, x in _walk(self) if isinstance(x, Module)]

    def parameters(self) -> list[Any]:
        """Return all parameters, shared ones once, in the order of the attributes."""
        return [p for _, p in self.named_parameters()]

    def named_parameters(self) -> list[tuple[str, Any]]:
        """Return (dotted name, parameter) for all parameters, shared ones once.

        A tensor is a parameter if it is a leaf that wants a gradient, or was one when this module was
        last looked through: a frozen parameter stays one.

        Examples
        --------
        >>> [(name, p.shape) for name, p in Linear(2, 3).named_parameters()]
        [('weight', (2, 3)), ('bias', (3,))]
        """
        found: list[tuple[str, Any]] = []
        seen: set[int] = set()
        remembered: dict[int, tuple[Module, list[Tensor]]] = {}
        for name, owner, x in _walk(self):
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
            module.__dict__["_remembered"] = tensors
        return found

    def count_parameters(self) -> int:
        """Return how many numbers the parameters hold.

        Examples
        --------
        >>> Linear(2, 3).count_parameters()
        9
        """
        return sum(_size(p) for p in self.parameters())

    # ---------------------------------------------------------------------------------------------
    # Changing a module

    def zero_grad(self) -> None:
        """Forget all gradients: None for tensors, 0.0 for values."""
        for p in self.parameters():
            if isinstance(p, Value):
                p.grad = 0.0
            elif p.requires_grad:
                p.grad = None

    def train(self, mode: bool = True) -> Self:
        """Set the ``training`` flag of this module and all in it, and return the module."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Clear the ``training`` flag of this module and all in it, and return the module."""
        return self.train(False)

    def requires_grad_(self, wanted: bool = True) -> Self:
        """Freeze (``False``) or thaw all parameters, and return the module.

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
        for name, p in named:
            if isinstance(p, Value) and not wanted:
                raise TypeError(
                    f"{name!r} is a Value, and values cannot be frozen; leave it out of the list "
                    "of parameters given to the optimizer"
                )
        for _, p in named:
            if isinstance(p, Tensor):
                label = p.label
                p.requires_grad = wanted
                p.label = label
        return self

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all parameters by dotted name: arrays, and floats for values.

        Examples
        --------
        >>> sorted(Linear(2, 3).state_dict())
        ['bias', 'weight']
        """
        return {
            name: p.data if isinstance(p, Value) else p.numpy()
            for name, p in self.named_parameters()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all parameters to copies of the arrays in ``state``, cast to their own dtypes.

        Parameters
        ----------
        state : mapping
            What `state_dict` of a module of the same structure returned.

        Raises
        ------
        ValueError
            If a parameter is missing, unknown or of another shape; it is named, with both shapes.
        TypeError
            If an entry does not hold real numbers. The module is untouched in each case.

        Examples
        --------
        >>> a, b = Linear(2, 3, rng=0), Linear(2, 3, rng=1)
        >>> b.load_state_dict(a.state_dict())
        >>> bool((a.weight.data == b.weight.data).all())
        True
        """
        named = dict(self.named_parameters())
        arrays = {str(name): np.array(_plain(x)) for name, x in dict(state).items()}
        _check_state(type(self).__name__, named, arrays)
        for name, p in named.items():
            p.data = arrays[name]

    # ---------------------------------------------------------------------------------------------
    # Looking at a module

    def title(self) -> str:
        """Return what `repr` calls this module, its sizes included."""
        return type(self).__name__

    def __repr__(self) -> str:
        own: dict[int, list[str]] = {}
        counts: dict[int, int] = {}
        for name, owner, p in _walk(self):
            if not isinstance(p, Module) and (isinstance(p, Value) or p.requires_grad):
                shapes = own.setdefault(id(owner), [])
                counts[id(owner)] = counts.get(id(owner), 0) + _size(p)
                shapes.append(f"{name} {p.shape}")
        lines = []
        for path, module in self.named_modules():
            depth = 0 if not path else 1 + _depth(path, lines)
            lines.append((path, depth, module))
        return "\n".join(
            _line(path, depth, module, own.get(id(module), []), self) for path, depth, module in lines
        )

    def __getstate__(self) -> dict[str, Any]:
        # the names are found again; they are kept by the identity of modules, which a copy has not
        return {k: v for k, v in self.__dict__.items() if k != "_names"}

"""A network's layers as PyTorch modules, and its numbers by the names that these have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.activations import ACTIVATIONS
from engine.arrays import Array
from engine.errors import LabError
from engine.layers import (
    Activate,
    BatchNormalization,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Form,
    Layer,
    LayerNormalization,
    RandomFeatures,
    Residual,
)
from engine.network import Network

INDENT = "    "
ACTIVATED = {
    "relu": "nn.ReLU()",
    "leaky-relu": "nn.LeakyReLU(0.01)",
    "sigmoid": "nn.Sigmoid()",
    "hard-sigmoid": "HardSigmoid()",
    "tanh": "nn.Tanh()",
    "gelu": 'nn.GELU(approximate="tanh")',
}
CLASSES = {
    "HardSigmoid": '''
class HardSigmoid(nn.Module):
    """z/4 + 1/2 between 0 and 1; PyTorch's own divides by 6."""

    def forward(self, x):
        return (x / 4 + 0.5).clamp(0, 1)
''',
    "Residual": '''
class Residual(nn.Sequential):
    """y = x + f(x)."""

    def forward(self, x):
        return x + super().forward(x)
''',
    "FlattenPositions": '''
class FlattenPositions(nn.Module):
    """Position by position, the channels of each beside each other."""

    def forward(self, x):
        return x.movedim(1, -1).flatten(1)
''',
    "ChannelNorm": '''
class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels of each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "RandomFeatures": '''
class RandomFeatures(nn.Module):
    """Random Fourier features: drawn once, never trained."""

    def __init__(self, inputs, features):
        super().__init__()
        self.register_buffer("frequencies", torch.zeros(inputs, features))
        self.register_buffer("phases", torch.zeros(features))

    def forward(self, x):
        return math.sqrt(2 / len(self.phases)) * torch.cos(x @ self.frequencies + self.phases)
''',
}
"""What PyTorch does not have, or has otherwise."""


@dataclass(slots=True)
class Written:
    """A network as PyTorch has it."""

    lines: list[str] = field(default_factory=list)
    """The modules of `nn.Sequential`, a line each."""
    numbers: dict[str, Array] = field(default_factory=dict)
    """What its initial state is, by the names of `state_dict`."""

    @property
    def classes(self) -> str:
        """The definitions of the modules that are not PyTorch's own."""
        text = "\n".join(self.lines)
        return "".join(
            f"\n{source}" for name, source in CLASSES.items() if f"{name}(" in text.replace(f"nn.{name}(", "")
        )


def written(network: Network, dropout: float) -> Written:
    """Return the network of a single run, with its numbers as they are, as PyTorch has it."""
    made = Written()
    form, place = network.inputs, 0
    if form.grid:
        made.lines.append(f"nn.Unflatten(1, {(form.units, *form.grid)}),")
        place = 1
    blocks = iter([view[0] for view in network.blocks])
    kept = iter([view[0] for view in network.kept_blocks])
    _write(made, network.layers, form, (blocks, kept), dropout, "", place, INDENT * 0)
    return made


Blocks = tuple[Iterator[Array], Iterator[Array]]


def _write(  # noqa: PLR0917 - all of these change on the way into a residual block
    made: Written,
    layers: Sequence[Layer],
    form: Form,
    blocks: Blocks,
    dropout: float,
    prefix: str,
    place: int,
    indent: str,
) -> None:
    for number, layer in enumerate(layers, place):
        name = f"{prefix}{number}"
        if isinstance(layer, Residual):
            made.lines.append(f"{indent}Residual(")
            _write(made, layer.inner, form, blocks, dropout, f"{name}.", 0, indent + INDENT)
            made.lines.append(f"{indent}),")
        else:
            line, numbers = _module(layer, form, blocks, dropout)
            made.lines.append(f"{indent}{line},")
            made.numbers |= {f"{name}.{key}": np.ascontiguousarray(value) for key, value in numbers.items()}
        form = layer.form(form)


def _module(layer: Layer, form: Form, blocks: Blocks, dropout: float) -> tuple[str, dict[str, Array]]:
    """Return a layer's module and its numbers."""
    write = WRITERS.get(type(layer))
    if write is None:
        raise LabError(f"PyTorch has no layer for {type(layer).__name__}", "export the page as csv or json")
    trained, kept = blocks
    return write(layer, form, trained, kept, dropout)


Writer = Callable[..., tuple[str, dict[str, Array]]]


def _dense(layer: Dense, form: Form, trained: Iterator[Array], *_: object) -> tuple[str, dict[str, Array]]:
    block = next(trained)
    return f"nn.Linear({form.units}, {layer.units})", {"weight": block[:-1].T, "bias": block[-1]}


def _convolution(layer: Convolution, form: Form, trained: Iterator[Array], *_: object) -> tuple[str, dict[str, Array]]:
    block, dimensions = next(trained), len(form.grid)
    # Here the taps of a filter stand before its channels, there behind them.
    weight = block[:-1].reshape(*(3,) * dimensions, form.units, layer.channels)
    weight = np.moveaxis(weight, (-1, -2), (0, 1))
    module = f"nn.Conv{dimensions}d({form.units}, {layer.channels}, kernel_size=3, padding=1)"
    return module, {"weight": weight, "bias": block[-1]}


def _layer_norm(_: object, form: Form, trained: Iterator[Array], *__: object) -> tuple[str, dict[str, Array]]:
    block = next(trained)
    return f"{'ChannelNorm' if form.grid else 'nn.LayerNorm'}({form.units})", {"weight": block[0], "bias": block[1]}


def _batch_norm(
    _: object, form: Form, trained: Iterator[Array], kept: Iterator[Array], __: object
) -> tuple[str, dict[str, Array]]:
    block, moving = next(trained), next(kept)
    numbers = {"weight": block[0], "bias": block[1], "running_var": moving[0], "running_mean": moving[1]}
    return f"nn.BatchNorm{max(1, len(form.grid))}d({form.units})", numbers


def _random_features(
    layer: RandomFeatures, form: Form, _: object, kept: Iterator[Array], __: object
) -> tuple[str, dict[str, Array]]:
    block = next(kept)
    return f"RandomFeatures({form.units}, {layer.features})", {"frequencies": block[:-1], "phases": block[-1]}


def _activate(layer: Activate, *_: object) -> tuple[str, dict[str, Array]]:
    return ACTIVATED[ACTIVATIONS.name_of(layer.activation)], {}


def _dropout(_: object, __: object, ___: object, ____: object, share: float) -> tuple[str, dict[str, Array]]:
    return f"nn.Dropout({share!r})", {}


def _flatten(*_: object) -> tuple[str, dict[str, Array]]:
    return "FlattenPositions()", {}


WRITERS: dict[type, Writer] = {
    Activate: _activate,
    BatchNormalization: _batch_norm,
    Convolution: _convolution,
    Dense: _dense,
    Dropout: _dropout,
    Flatten: _flatten,
    LayerNormalization: _layer_norm,
    RandomFeatures: _random_features,
}

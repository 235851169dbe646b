"""The architecture: from the model that an experiment describes to its chain of layers."""

from __future__ import annotations

from itertools import pairwise

from engine.errors import KeyProblem
from engine.experiment import Experiment, Model
from engine.initializations import Glorot, He, Initialization
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

NORMALIZATIONS = {"layer": LayerNormalization, "batch": BatchNormalization}


def inputs_of(experiment: Experiment, features: int, grid: tuple[int, ...]) -> Form:
    """Return the form of the inputs: features in a line, or one channel on the data's grid before convolutions."""
    return Form(1, grid) if experiment.model.convolution else Form(features)


def layers_of(experiment: Experiment, inputs: Form, outputs: int) -> tuple[Layer, ...]:
    """Return the layers from the inputs to so many outputs.

    A hidden layer is a weighted sum, a normalization of the sums, an activation, and dropout; convolutions are the
    same on a grid, without dropout. A layer as wide as what it is given becomes a residual block where the model says
    so.
    """
    model = experiment.model
    chain: list[Layer] = []
    form = inputs
    if experiment.data.random_features:
        chain.append(RandomFeatures(experiment.data.random_features))
        form = chain[-1].form(form)
    if model.convolution:
        for place, channels in enumerate(model.convolution):
            chain += _block(model, Convolution(channels, _initialization(model)), form, inner=place > 0)
            form = Form(channels, form.grid, ones=False)
        chain.append(Flatten())
        form = chain[-1].form(form)
    for place, units in enumerate(model.hidden):
        dropout = (Dropout(),) if model.dropout > 0 else ()
        chain += _block(model, Dense(units, _initialization(model)), form, *dropout, inner=place > 0)
        form = Form(units)
    return (*chain, Dense(outputs, _initialization(model), ones=False))


def _block(model: Model, sums: Dense | Convolution, inputs: Form, *more: Layer, inner: bool) -> tuple[Layer, ...]:
    """Return one hidden layer's layers, as one residual block where it can be one."""
    normalization = (NORMALIZATIONS[model.normalization](),) if model.normalization != "none" else ()
    layers = (sums, *normalization, Activate(model.activation), *more)
    return (Residual(layers),) if model.residual and inner and sums.form(inputs) == inputs else layers


def _initialization(model: Model) -> Initialization:
    """Return the model's initialization, or the activation's usual one; a linear model has no activation."""
    has_activation = bool(model.hidden or model.convolution)
    rectifies = model.activation.is_rectifier and has_activation
    return model.initialization or (He() if rectifies else Glorot())


def refuse_impossible(experiment: Experiment, grid: tuple[int, ...]) -> None:
    """Raise a KeyProblem for a model that cannot be, or in which a setting would silently do nothing."""
    model = experiment.model
    if model.convolution and not grid:
        raise KeyProblem(
            "model.convolution",
            "needs features that lie beside each other: pictures, or a series with lags 1, 2, 3 …",
            "leave it out, or choose such data",
        )
    if model.convolution and experiment.data.random_features:
        raise KeyProblem(
            "model.convolution", "cannot follow random features, which have no neighbours", "leave one of both out"
        )
    if experiment.data.bandwidth is not None and not experiment.data.random_features:
        raise KeyProblem("data.bandwidth", "is that of random features, of which there are none", "leave it out")
    if not model.hidden and not model.convolution:
        for key, is_set in (("normalization", model.normalization != "none"), ("residual", model.residual)):
            if is_set:
                raise KeyProblem(f"model.{key}", "needs a hidden layer", "leave it out, or set e.g. hidden = [64, 64]")
    if model.normalization == "layer" and 1 in (*model.hidden, *model.convolution):
        raise KeyProblem(
            "model.normalization",
            'cannot be "layer" for a layer of width 1: one unit less its own mean is always 0',
            'set another width, or normalization = "batch"',
        )
    if model.dropout > 0 and not model.hidden:
        raise KeyProblem("model.dropout", "needs a hidden layer to drop units of", "set 0, or e.g. hidden = [64]")
    neighbours = (*pairwise(model.hidden), *pairwise(model.convolution))
    if model.residual and all(before != after for before, after in neighbours):
        raise KeyProblem(
            "model.residual",
            "needs two neighbouring layers of one width, since it adds what comes in to what comes out",
            "set e.g. hidden = [64, 64], or residual = false",
        )

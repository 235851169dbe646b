"""Optimizers: how a gradient becomes a step. One file each; all are imported here, so that they are known."""

from engine.optimizers.adagrad import Adagrad
from engine.optimizers.adam import Adam, AdamW
from engine.optimizers.base import OPTIMIZERS, Optimizer, Stepper
from engine.optimizers.closed_form import ClosedForm
from engine.optimizers.momentum import Momentum, Nesterov
from engine.optimizers.rmsprop import Rmsprop
from engine.optimizers.sgd import Sgd

__all__ = [
    "OPTIMIZERS",
    "Adagrad",
    "Adam",
    "AdamW",
    "ClosedForm",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "Rmsprop",
    "Sgd",
    "Stepper",
]

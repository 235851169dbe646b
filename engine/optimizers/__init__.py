"""Optimizers: how a gradient becomes a step. One file each; all are imported here, so that they are known."""

from engine.optimizers.adam import Adam
from engine.optimizers.base import OPTIMIZERS, Optimizer, Stepper
from engine.optimizers.momentum import Momentum
from engine.optimizers.sgd import Sgd

__all__ = ["OPTIMIZERS", "Adam", "Momentum", "Optimizer", "Sgd", "Stepper"]

"""Losses: what training makes small. One file each; all are imported here, so that they are known."""

from engine.losses.base import LOSSES, Loss
from engine.losses.cross_entropy import CrossEntropy
from engine.losses.squared import Squared

__all__ = ["LOSSES", "CrossEntropy", "Loss", "Squared"]

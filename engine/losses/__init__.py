"""Losses: what training makes small. One file each; all are imported here, so that they are known."""

from engine.losses.absolute import Absolute
from engine.losses.base import LOSSES, Loss
from engine.losses.cross_entropy import CrossEntropy
from engine.losses.hinge import Hinge
from engine.losses.huber import Huber
from engine.losses.squared import HalfSquared, Squared

__all__ = ["LOSSES", "Absolute", "CrossEntropy", "HalfSquared", "Hinge", "Huber", "Loss", "Squared"]

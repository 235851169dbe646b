"""Baselines: what simple predictors reach on a study's own rows. One file each; all are imported here, to be known."""

from engine.baselines.base import BASELINES, Baseline, Fitted, Fold
from engine.baselines.constant import Constant
from engine.baselines.copy_last import CopyLast
from engine.baselines.copy_last_week import CopyLastWeek
from engine.baselines.linear import Linear
from engine.baselines.linear_svm import LinearSvm
from engine.baselines.logistic import Logistic
from engine.baselines.measuring import Cut, Measured, measure, of_study

__all__ = [
    "BASELINES",
    "Baseline",
    "Constant",
    "CopyLast",
    "CopyLastWeek",
    "Cut",
    "Fitted",
    "Fold",
    "Linear",
    "LinearSvm",
    "Logistic",
    "Measured",
    "measure",
    "of_study",
]

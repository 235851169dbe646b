"""Least squares in closed form, where an optimizer would stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.arrays import Floats
from engine.closed_form import Solver
from engine.errors import LabError
from engine.fields import check, option
from engine.optimizers.base import OPTIMIZERS, Stepper
from engine.rates import Rates


@OPTIMIZERS.register("closed-form")
@dataclass(frozen=True, slots=True)
class ClosedForm:
    """No search: a linear model's least squares have a formula. Weight decay makes it ridge regression."""

    decouples_decay: ClassVar[bool] = False
    iterates: ClassVar[bool] = False
    learning_rate: ClassVar[float] = 1.0

    solver: Solver = option("qr", help="QR keeps most digits; normal equations lose twice as many; SVD never fails")

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Any], parameters: Floats, rates: Rates) -> Stepper:
        """Refuse: it takes no steps."""
        raise LabError("a closed form takes no steps", "train it by engine.direct")

"""Validation wears out: try tweaks on the same rows often enough, and they no longer tell what a model is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Floats
from engine.closed_form import solve
from engine.data.sources import Digits
from engine.errors import KeyProblem
from engine.fields import bounded, check
from engine.streams import Purpose, stream
from engine.studies.base import STUDIES, Column, Findings, Spread, Value, percent, points, spread_of
from engine.studies.even_digits import ROWS, Rows, dealt

RIDGES = (1.0, 100.0, 1_000.0)
"""The penalties of the three honest models."""

COLUMNS = (
    Column("tweaks", "how many random tweaks have been tried so far"),
    Column("kept", "how many of them did better on the public rows, and were kept"),
    Column("public", "share right of the model in hand on the rows that choose"),
    Column("private", "share right of that same model on rows that nobody looked at"),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """By how much public accuracy exceeds private accuracy, before and after all tweaks, and the difference of both."""

    first: Spread
    last: Spread
    widened: Spread


@STUDIES.register("peeking")
@dataclass(frozen=True, slots=True)
class Peeking:
    """Whether validation rows stay honest when random tweaks of a model are tried on them, one after the other.

    The task is to tell even digits from odd ones, with the data set `digits`. In each repetition its rows are dealt
    anew: training, public and, all the rest, private rows. Three linear models are fitted to ±1 on the training rows by
    least squares with a ridge of 1, 100 and 1,000 (on sums of squares, of standardized pixels); the one that is best on
    the public rows is taken. A tweak adds normal noise to all its weights, and is kept only if public accuracy rises.
    """

    tweaks: int = bounded(1_000, at_least=1, at_most=100_000, scale="log", help="random changes of the weights to try")
    size: float = bounded(
        0.1, above=0, at_most=1e6, scale="log", help="sd of a tweak, as a share of the weights' root mean square"
    )
    public_rows: int = bounded(
        100, at_least=1, at_most=1_500, scale="log", help="rows on which each tweak is judged (1,797 rows in all)"
    )
    train_rows: int = bounded(
        200, at_least=2, at_most=1_500, scale="log", help="rows to which the three honest models are fitted"
    )
    repetitions: int = bounded(
        50, at_least=2, at_most=100, scale="log", help="how often rows are dealt and tweaks drawn anew"
    )

    def __post_init__(self) -> None:
        check(self)
        if self.public_rows + self.train_rows >= ROWS:
            raise KeyProblem(
                "public_rows",
                f"= {self.public_rows:,} and train_rows = {self.train_rows:,} leave no private rows",
                f"there are {ROWS:,} rows in all",
            )

    def run(self, seed: int) -> Findings:
        """Return the course of public and private accuracy over the tweaks, and how the honest models did."""
        table = Digits().load(stream(seed, Purpose.DATA))
        shown = _steps(self.tweaks)
        honest, courses = [], []
        for repeat in range(self.repetitions):
            rng = stream(seed, Purpose.STUDY, repeat=repeat)
            train, public, private = dealt(table, rng, self.train_rows, self.public_rows)
            models = [solve(train.inputs, train.targets[:, None], "qr", ridge).weights[:, 0] for ridge in RIDGES]
            honest.append([(public.accuracy(weights), private.accuracy(weights)) for weights in models])
            best = models[int(np.argmax([seen for seen, _ in honest[-1]]))]
            courses.append(self._course(rng, best, public, private)[shown])
        return self._findings(shown, np.array(honest), np.array(courses))

    def _course(self, rng: np.random.Generator, weights: Floats, public: Rows, private: Rows) -> Floats:
        """Return (kept so far, public, private) after 0, 1, … tweaks: (tweaks + 1, 3)."""
        sd = self.size * float(np.sqrt(np.mean(weights**2)))
        course = np.empty((self.tweaks + 1, 3))
        course[0] = 0, public.accuracy(weights), private.accuracy(weights)
        for number in range(1, self.tweaks + 1):
            tweaked = weights + sd * rng.standard_normal(len(weights))
            course[number] = course[number - 1]
            if (seen := public.accuracy(tweaked)) > course[number, 1]:
                weights = tweaked
                course[number] = course[number - 1, 0] + 1, seen, private.accuracy(weights)
        return course

    def _findings(self, shown: list[int], honest: Array, courses: Array) -> Findings:
        """Put together honest (repetitions, 3, 2) and courses (repetitions, shown, 3)."""
        rows: list[tuple[Value, ...]] = [
            (step, *map(spread_of, courses[:, place].T)) for place, step in enumerate(shown)
        ]
        change = courses[:, -1] - courses[:, 0]
        numbers: dict[str, Value] = {
            f"{name}_ridge_{ridge:g}": spread_of(honest[:, place, side])
            for place, ridge in enumerate(RIDGES)
            for side, name in enumerate(("public", "private"))
        }
        kept, public, private = (spread_of(figures) for figures in change.T)
        too_much = courses[..., 1] - courses[..., 2]
        gap = Gap(*(spread_of(figures) for figures in (too_much[:, 0], too_much[:, -1], change[:, 1] - change[:, 2])))
        numbers |= {"kept": kept, "public_change": public, "private_change": private}
        numbers |= {"too_much_at_first": gap.first, "too_much_at_last": gap.last, "flattery": gap.widened}
        models = ", ".join(percent(share) for share in honest[..., 0].mean(axis=0))
        begin = f"Three honest models are right on {models} of the public rows; the best of them goes on."
        return Findings(COLUMNS, tuple(rows), numbers, f"{begin} {self._says(kept, public, private, gap)}")

    def _says(self, kept: Spread, public: Spread, private: Spread, gap: Gap) -> str:
        if kept.mean == 0:
            return f"None of {self.tweaks:,} tweaks did better on the public rows, so none was kept."
        climbed = "climbed" if public.sign > 0 else "did not clearly climb"
        followed = {1: "rose", 0: "stayed where it was", -1: "fell"}[private.sign]
        seen = (
            f"Of {self.tweaks:,} tweaks {kept.mean:.1f} were kept: public accuracy {climbed} ({points(public)},"
            f" ± standard error), private accuracy {followed} ({points(private)})."
        )
        course = f"public less private accuracy went from {points(gap.first)} to {points(gap.last)}"
        if gap.widened.sign > 0:
            return f"{seen} So {course}: by choosing on them, the public rows came to flatter by {points(gap.widened)}."
        return f"{seen} So {course}, which is no more than chance: here the public rows have stayed honest."


def _steps(tweaks: int) -> list[int]:
    """Return the numbers of tweaks that are shown: 0, then 1, 2, 5, 10 … and the last."""
    ladder = (lead * 10**power for power in range(6) for lead in (1, 2, 5))
    return [0, *(step for step in ladder if step < tweaks), tweaks]

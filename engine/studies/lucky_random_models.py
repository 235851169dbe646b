"""Why a public leaderboard misleads: among many models that only guess, one does well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.errors import KeyProblem
from engine.fields import bounded, check
from engine.streams import Purpose, stream
from engine.studies.base import STUDIES, Column, Findings, Spread, Value, percent, points, spread_of
from engine.studies.coins import WORD, expected_best, mistakes, two_classes, words_for

MOST_COINS = 10**11
"""Coins of a whole study: some ten seconds."""
PUBLIC, PRIVATE = 0, 1

COLUMNS = (
    Column("models", "how many models guess each row's class with a coin"),
    Column("best_public", "share right of the model that is best on the public rows"),
    Column("expected", "what probability theory says the best should have there"),
    Column("private", "share right of that same model on the private rows"),
)


@STUDIES.register("lucky-random-models")
@dataclass(frozen=True, slots=True)
class LuckyRandomModels:
    """How well the best of many models that only guess does on public rows, and what that is worth on private ones.

    After Hung-yi Lee's lectures on machine learning (2021), on public and private test sets. In each repetition the
    best of the first 10, of the first 100 … of the same models is taken. The private guesses of models that never lead
    are not drawn: coins are independent, so those of the others do not depend on them.
    """

    public_rows: int = bounded(
        100, at_least=1, at_most=1_000_000, scale="log", help="rows on which the best model is chosen"
    )
    private_rows: int = bounded(
        10_000, at_least=1, at_most=1_000_000, scale="log", help="rows that show what the chosen model is worth"
    )
    models: int | tuple[int, ...] = bounded(
        (10, 100, 1_000, 10_000, 100_000), at_least=1, at_most=1_000_000, help="how many models guess, one or a list"
    )
    repetitions: int = bounded(
        100, at_least=2, at_most=10_000, scale="log", help="how often all is drawn anew, for means and their spread"
    )

    def __post_init__(self) -> None:
        check(self)
        if not self.counts:
            raise KeyProblem("models", "is an empty list", "for example models=[10, 1000]")
        if len(set(self.counts)) < len(self.counts):
            raise KeyProblem("models", "names a number twice", "list each number once")
        words = max(self.counts) * words_for(self.public_rows) + len(self.counts) * words_for(self.private_rows)
        coins = self.repetitions * words * WORD
        if coins > MOST_COINS:
            raise KeyProblem(
                "repetitions",
                f"= {self.repetitions:,} of so many models and rows take {coins:.2g} coins, tossed {WORD} at a time:"
                f" more than {MOST_COINS:.2g}",
                "set fewer of one of them",
            )

    @property
    def counts(self) -> tuple[int, ...]:
        """How many models guess, ascending."""
        return tuple(sorted(self.models)) if isinstance(self.models, tuple) else (self.models,)

    def run(self, seed: int) -> Findings:
        """Return for each number of models the accuracy of the best, on public and on private rows."""
        drawn = np.array([self._repetition(seed, repeat) for repeat in range(self.repetitions)])
        rows = tuple(
            (count, spread_of(public), expected_best(self.public_rows, count), spread_of(private))
            for count, (public, private) in zip(self.counts, drawn.transpose(1, 2, 0), strict=True)
        )
        _, public, _, private = rows[-1]
        lead = spread_of(drawn[:, -1, 0] - drawn[:, -1, 1])
        numbers: dict[str, Value] = {"best_public": public, "private": private, "lead": lead}
        return Findings(COLUMNS, rows, numbers, self._says(public, private, lead))

    def _repetition(self, seed: int, repeat: int) -> list[tuple[float, float]]:
        """Return (public, private) accuracy of the best of each number of models."""
        rng = stream(seed, Purpose.STUDY, repeat=repeat, fold=PUBLIC)
        wrong = mistakes(rng, self.counts[-1], two_classes(rng, self.public_rows))
        truth = two_classes(stream(seed, Purpose.STUDY, repeat=repeat, fold=PRIVATE), self.private_rows)
        # Of equals the first leads, as on a board where one must be better to take the lead.
        leaders = [int(wrong[:count].argmin()) for count in self.counts]
        private = {leader: _private_mistakes(seed, repeat, leader, truth) for leader in set(leaders)}
        return [(1 - wrong[leader] / self.public_rows, 1 - private[leader] / self.private_rows) for leader in leaders]

    def _says(self, public: Spread, private: Spread, lead: Spread) -> str:
        most = self.counts[-1]
        who = f"The best of {most:,} models that only guess" if most > 1 else "One model that only guesses"
        seen = (
            f"{who} is right on {percent(public.mean)} of the {self.public_rows:,} public rows,"
            f" and on {percent(private.mean)} of {self.private_rows:,} private ones."
        )
        if lead.sign > 0:
            return (
                f"{seen} The lead of {points(lead)} (± standard error) is luck: it comes from choosing"
                " among many on few rows, and is gone on new ones."
            )
        return f"{seen} Public and private do not differ beyond chance: there was too little to choose from."


def _private_mistakes(seed: int, repeat: int, model: int, truth: Array) -> int:
    """Return on how many private rows a model is wrong; its guesses there are its own, whoever else leads."""
    rng = stream(seed, Purpose.STUDY, repeat=repeat, fold=PRIVATE, restart=model + 1)
    return int(mistakes(rng, 1, truth)[0])

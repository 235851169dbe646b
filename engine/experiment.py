"""The experiment: what to do, frozen, and nothing of what came of it.

One dataclass a table of the experiment file. A field that is None means "by the rule in the help", and is settled
only when the data are known, so that a file says no more than its writer did.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from engine.activations import ACTIVATIONS, Activation
from engine.activations.relu import Relu
from engine.data.sources import SOURCES, OwnFile, Source
from engine.errors import KeyProblem
from engine.fields import bounded, check, choice, fields_of, option
from engine.initializations import INITIALIZATIONS, Initialization
from engine.losses import LOSSES, Loss
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.optimizers.adam import Adam
from engine.schedules import SCHEDULES, Constant, Schedule
from engine.shift import Shift
from engine.sweep import Sweep
from engine.validations import VALIDATIONS, Holdout, Validation

MAX_UNITS = 100_000
MAX_CHANNELS = 4_096
MAX_DEGREE = 100


@dataclass(frozen=True, slots=True)
class Data:
    """Which rows, which of them are held out for the test, and how they are scaled."""

    source: Source = choice(SOURCES, key="name", help="a data set that comes with lossbook")
    target: str | tuple[str, ...] | None = option(
        None, help="the column to predict, or several; by default the data set's own, or the last of a file"
    )
    features: tuple[str, ...] | None = option(
        None,
        help="the columns to predict it from, * stands for anything; by default all others, and none with lags",
        rare=True,
    )
    lags: int | tuple[int, ...] = bounded(
        0, at_least=0, at_most=10_000, help="a series: its own last n values as features, or a list of single lags"
    )
    split: Literal["random", "stratified", "time"] | None = option(
        None, help="how test rows are chosen; by default stratified for classes, time with lags or dates, else random"
    )
    test: float = bounded(0.2, at_least=0, below=1, help="share of rows kept for the test, 0 for none")
    test_from: date | None = option(
        None, help="first day of the test rows of a dated series, instead of a share", rare=True
    )
    train_rows: int | None = bounded(
        None, at_least=1, help="at most so many training rows (the latest where the split is by time)"
    )
    label_noise: float = bounded(
        0.0, at_least=0, at_most=1, help="share of the labels that are wrong where they train", rare=True
    )
    shift: Shift | None = option(
        None, absent="none", help="a change of the test rows, as if they came from elsewhere", rare=True
    )
    test_name: str | None = option(
        None, absent="none", help="another data set whose rows are the test rows: another era", rare=True
    )
    task: Literal["regression", "classification"] | None = option(
        None, help="what kind of target it is, where it could be read as both; by default what the data say", rare=True
    )
    target_transform: Literal["none", "log"] = option(
        "none", help="what is predicted instead of the target; losses and metrics are then of that", rare=True
    )
    polynomial: int = bounded(
        1, at_least=1, at_most=MAX_DEGREE, help="powers of every feature, from 1 to this one, as features", rare=True
    )
    random_features: int = bounded(
        0,
        at_least=0,
        at_most=MAX_UNITS,
        help="that many random Fourier features instead of the features; 0 for none",
        rare=True,
    )
    bandwidth: float | None = bounded(
        None,
        above=0,
        at_most=1e12,
        scale="log",
        help="width of the random features' kernel; by default the median distance of training rows",
        rare=True,
    )
    standardize: bool = option(
        default=True, help="scale features, and the target of a regression, by each run's training rows"
    )

    def __post_init__(self) -> None:
        check(self, "data")
        if isinstance(self.lags, tuple) and any(lag < 1 for lag in self.lags):
            raise KeyProblem("data.lags", "must hold lags of 1 and more", "a series cannot read the day it predicts")
        if isinstance(self.lags, tuple) and len(set(self.lags)) < len(self.lags):
            raise KeyProblem("data.lags", "names a lag twice", "list each lag once")
        if self.test_from is not None and self.split not in {None, "time"}:
            raise KeyProblem("data.test_from", f"needs a split by time, not {self.split!r}", "leave data.split out")

    @property
    def label(self) -> str:
        """What the data are called: the name of the data set, or of the file without its ending."""
        if isinstance(self.source, OwnFile):
            return Path(self.source.file).stem or "file"
        return SOURCES.name_of(self.source)

    @property
    def source_is_drawn(self) -> bool:
        """Whether the rows are drawn from the seed."""
        return not isinstance(self.source, OwnFile) and bool(fields_of(type(self.source)))

    @property
    def lag_list(self) -> tuple[int, ...]:
        """The single lags, nearest first."""
        return tuple(sorted(self.lags)) if isinstance(self.lags, tuple) else tuple(range(1, self.lags + 1))


@dataclass(frozen=True, slots=True)
class Model:
    """The function with unknowns: a dense network."""

    hidden: tuple[int, ...] = bounded(
        (), at_least=1, at_most=MAX_UNITS, help="widths of the hidden layers; none is a linear model"
    )
    activation: Activation = choice(ACTIVATIONS, Relu(), help="what each hidden unit does to its sum")
    initialization: Initialization | None = choice(
        INITIALIZATIONS, None, help="where the weights start; by default He for the relu family, Glorot else"
    )
    dropout: float = bounded(0.0, at_least=0, below=1, help="share of a hidden layer's units dropped in each step")
    normalization: Literal["none", "layer", "batch"] = option(
        "none", help="scales each hidden layer's sums: over a row's units, or over a batch's rows", rare=True
    )
    residual: bool = option(
        default=False, help="lets a layer add to what comes in, where its width is that of its inputs", rare=True
    )
    convolution: tuple[int, ...] = bounded(
        (), at_least=1, at_most=MAX_CHANNELS, help="channels of 3-wide convolutions before the hidden layers", rare=True
    )

    def __post_init__(self) -> None:
        check(self, "model")


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """When to give up, judged by the validation loss (Prechelt 1998)."""

    patience: int = bounded(10, at_least=1, at_most=10_000_000, scale="log", help="epochs without a new best")
    min_delta: float = bounded(0.0, at_least=0, at_most=1e12, help="how far below the best a new best must be")

    def __post_init__(self) -> None:
        check(self, "training.early_stopping")


@dataclass(frozen=True, slots=True)
class Training:
    """How the unknowns are searched."""

    loss: Loss | None = choice(
        LOSSES, None, help="what is made small; by default squared, or cross-entropy for classes"
    )
    reduction: Literal["mean", "sum"] = option(
        "mean", help="what a batch's losses become: their mean, or their sum", rare=True
    )
    optimizer: Optimizer = choice(OPTIMIZERS, Adam(), help="how a gradient becomes a step")
    schedule: Schedule = choice(SCHEDULES, Constant(), help="what becomes of the learning rate while it trains")
    batch_size: int | Literal["all"] = bounded(
        64, at_least=1, scale="log", help='rows a step; "all" is full-batch descent'
    )
    epochs: int = bounded(100, at_least=1, at_most=10_000_000, scale="log", help="how often every training row is seen")
    weight_decay: float = bounded(
        0.0,
        at_least=0,
        at_most=1e6,
        help="adds so much of each weight to its gradient; with adamw it shrinks it instead",
    )
    l1: float = bounded(
        0.0, at_least=0, at_most=1e6, help="adds so much of each weight's sign to its gradient", rare=True
    )
    clip: float | None = bounded(
        None,
        above=0,
        at_most=1e12,
        scale="log",
        absent="none",
        help="longest gradient: a longer one is scaled down",
        rare=True,
    )
    max_norm: float | None = bounded(
        None,
        above=0,
        at_most=1e12,
        scale="log",
        absent="none",
        help="longest vector of the weights into one unit",
        rare=True,
    )
    augment: tuple[str, ...] = option(
        (), help="changes of the training rows each time they are seen: shift, rotate, noise, flip", rare=True
    )
    early_stopping: EarlyStopping | None = option(
        None, absent="none", help="end when the validation loss no longer falls, and keep the best epoch's weights"
    )
    threads: int = bounded(
        1,
        at_least=1,
        at_most=256,
        help="threads of a worker's matrix products; another number gives other bits",
        rare=True,
    )

    def __post_init__(self) -> None:
        check(self, "training")


@dataclass(frozen=True, slots=True)
class ValidationPlan:
    """Which rows judge a setting while the test rows stay untouched."""

    method: Validation = choice(VALIDATIONS, Holdout(), help="which rows judge the model during training")
    refit: bool | None = option(
        None,
        help="then train on all rows and look at the test rows; by default after folds and sweeps",
    )

    def __post_init__(self) -> None:
        check(self, "validation")


@dataclass(frozen=True, slots=True)
class Experiment:
    """What to do. Equal experiments give equal bits on one machine."""

    data: Data = option(help="which rows, and which of them are held out")
    model: Model = option(Model(), help="the function with unknowns")
    training: Training = option(Training(), help="how the unknowns are searched")
    validation: ValidationPlan = option(ValidationPlan(), help="which rows judge a setting")
    seed: int = bounded(0, at_least=0, at_most=2**63 - 1, help="the one seed")
    restarts: int = bounded(
        1, at_least=1, at_most=10_000, help="runs of the same thing from different initial weights and shuffles"
    )
    choose_by: str = option("loss", help="the validation metric that chooses")
    baselines: bool = option(default=True, help="measure simple models on the same rows, to compare with", rare=True)
    sweep: Sweep = option(
        Sweep(), help='settings to try: "training.learning_rate" = [1e-3, 1e-2]; sample = 30 for so many at random'
    )

    def __post_init__(self) -> None:
        check(self)


def located(experiment: Experiment, folder: Path) -> Experiment:
    """Return the experiment with the paths of its own data files, where it has some, starting at the root.

    A relative path is meant from `folder`: where the experiment file lies, or where the app was called.
    """
    source = experiment.data.source
    if not isinstance(source, OwnFile) or not source.file:
        return experiment

    def whole(path: str) -> str:
        return str((folder / Path(path).expanduser()).absolute())

    test_file = whole(source.test_file) if source.test_file else None
    settled = replace(source, file=whole(source.file), test_file=test_file)
    return replace(experiment, data=replace(experiment.data, source=settled))

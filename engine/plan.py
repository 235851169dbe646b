"""The plan: which runs an experiment expands to. Pure: it reads no data and trains nothing."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.errors import KeyProblem
from engine.experiment import Experiment
from engine.sweep import Settings
from engine.tables import plain, with_settings
from engine.validations import NoValidation, Validation

Role = Literal["candidate", "refit"]
MOST_RUNS = 20_000
"""A page of more runs would take many seconds to read."""


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run of a study. Setting, restart, repeat and fold count from 0; people are shown the last three from 1."""

    index: int
    label: str
    role: Role = "candidate"
    restart: int = 0
    repeat: int = 0
    fold: int = 0
    epochs: int | None = None
    """Instead of the experiment's own, for a refit."""
    setting: int = 0
    settings: Settings = field(default_factory=dict)
    """What the run has instead of the experiment's own values, as JSON can have it."""


def plan(experiment: Experiment) -> tuple[RunSpec, ...]:
    """Return the runs in their order: setting, repeat, fold, restart.

    Raises
    ------
    KeyProblem
        For a sweep that no rows can judge, or more runs than can be kept.
    """
    tried = settings_of(experiment)
    methods = _methods(experiment, tried)
    if experiment.sweep and any(isinstance(method, NoValidation) for method in methods):
        raise KeyProblem("sweep", "needs rows that validate, to choose by", 'set validation.method = "holdout"')
    if experiment.choose_by == "loss" and any(key in WHAT_THE_LOSS_IS for key in experiment.sweep.keys):
        raise KeyProblem(
            "choose_by",
            "is the loss, and the settings have different ones",
            'set e.g. "rmse", or "accuracy" for classes',
        )
    count = sum(method.repeats * method.folds for method in methods) * experiment.restarts
    if count > MOST_RUNS:
        key = "sweep" if experiment.sweep else "restarts"
        raise KeyProblem(key, f"makes {count:,} runs", f"at most {MOST_RUNS:,} can be kept: ask for fewer")
    names = _names(experiment)
    specs: list[RunSpec] = []
    for number, (settings, method) in enumerate(zip(tried, methods, strict=True)):
        said = [f"{names[key]}={shown_setting(value)}" for key, value in settings.items() if key in names]
        counts = {"repeat": method.repeats, "fold": method.folds, "restart": experiment.restarts}
        for repeat in range(method.repeats):
            for fold in range(method.folds):
                for restart in range(experiment.restarts):
                    label = _label(said, counts, repeat, fold, restart)
                    specs.append(RunSpec(len(specs), label, "candidate", restart, repeat, fold, None, number, settings))
    return tuple(specs)


def settings_of(experiment: Experiment) -> list[Settings]:
    """Return the settings that are tried, in order, as JSON can have them; a single empty one without a sweep."""
    if not experiment.sweep:
        return [{}]
    tried = experiment.sweep.settings(experiment.seed)
    return [{key: plain(value) for key, value in settings.items()} for settings in tried]


def settled(experiment: Experiment, spec: RunSpec) -> Experiment:
    """Return the experiment that one run trains."""
    return with_settings(experiment, spec.settings)


def _methods(experiment: Experiment, tried: Sequence[Settings]) -> list[Validation]:
    """Return the validation method of each setting."""
    varied = [key for key in experiment.sweep.keys if key.startswith("validation.")]
    if not varied:
        return [experiment.validation.method] * len(tried)
    found: dict[str, Validation] = {}
    methods = []
    for settings in tried:
        own = {key: settings[key] for key in varied}
        if repr(own) not in found:
            found[repr(own)] = with_settings(experiment, own).validation.method
        methods.append(found[repr(own)])
    return methods


def _names(experiment: Experiment) -> dict[str, str]:
    """Return what labels call the keys with more than one value: their last part, unless two share it."""
    varied = [key for key, values in experiment.sweep.axes if len(values) > 1]
    last = [key.rpartition(".")[2] for key in varied]
    return {key: name if last.count(name) == 1 else key for key, name in zip(varied, last, strict=True)}


def shown_setting(value: Any) -> str:
    """Return a setting's value as a label has it: `0.01`, `[16, 32]`, `relu`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown_setting, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={shown_setting(item)}' for key, item in value.items())}}}"
    return str(value)


def _label(said: Sequence[str], counts: dict[str, int], *places: int) -> str:
    """Return `learning_rate=0.01 · repeat 1/2 · fold 2/5 · restart 1/3`; what there is only one of is left out."""
    named = zip(counts.items(), places, strict=True)
    where = [f"{name} {place + 1}/{count}" for (name, count), place in named if count > 1]
    return " · ".join([*said, *where]) or "run"


def wants_refit(experiment: Experiment) -> bool:
    """Tell whether the runs are followed by one on all their rows: after folds and sweeps, if nothing else is said."""
    if experiment.validation.refit is not None:
        return experiment.validation.refit
    if experiment.sweep and not can_choose(experiment):
        return False
    return bool(experiment.sweep) or experiment.validation.method.folds > 1


WHAT_IS_PREDICTED = ("data.name", "data.file", "data.target", "data.task", "data.target_transform")


WHAT_THE_LOSS_IS = ("training.loss", "training.delta")


def what_baselines_see(settings: Settings) -> str:
    """Return what of a setting its baselines follow from, as one text: settings with the same share their baselines.

    That is which rows there are, how they are divided, and by which loss they are judged.
    """
    return repr([(key, settings[key]) for key in sorted(settings) if is_seen_by_baselines(key)])


def is_seen_by_baselines(key: str) -> bool:
    """Tell whether another value of a key makes other baselines."""
    return key.startswith(("data.", "validation.")) or key in {"seed", *WHAT_THE_LOSS_IS}


def varies_data(experiment: Experiment) -> bool:
    """Tell whether settings may have other data, or other test rows, than each other."""
    return any(key.startswith("data.") or key == "seed" for key in experiment.sweep.keys)


def can_choose(experiment: Experiment) -> bool:
    """Tell whether the settings predict the same thing: where the target itself is varied, no figure chooses."""
    return predict_the_same(experiment.sweep.keys)


def predict_the_same(keys: Iterable[str]) -> bool:
    """Tell whether the target stays the same where these keys are varied."""
    return not any(key in WHAT_IS_PREDICTED for key in keys)


def looks_at_test(experiment: Experiment, spec: RunSpec) -> bool:
    """Tell whether a run is measured on the test rows: the refit, or the runs of a study without folds or settings."""
    if spec.role == "refit":
        return True
    return not experiment.sweep and experiment.validation.method.folds == 1 and not wants_refit(experiment)


def refit(
    experiment: Experiment, index: int, best_epochs: Sequence[int], setting: int = 0, settings: Settings | None = None
) -> tuple[RunSpec, str]:
    """Return the run on all rows that follows the folds, and its epoch rule in words.

    It has no rows that could stop it early, so it trains for the median of the folds' `best_epochs`, a half rounded
    up; where there are none, since no fold was stopped early, for as long as these.
    """
    chosen = settings or {}
    training = with_settings(experiment, chosen).training
    folds = experiment.validation.method.folds > 1
    epochs, reason = training.epochs, f"all {training.epochs} epochs, as {'every fold' if folds else 'in validation'}"
    if training.early_stopping is not None and best_epochs:
        median = statistics.median(best_epochs)
        epochs = math.floor(median + 0.5)
        rounded = f", {median:g}, rounded up" if epochs != median else ""
        reason = f"{epochs} epochs, the median of the {'folds' if folds else 'runs'}' best{rounded}"
    elif training.early_stopping is not None:
        reason += ", of which none was stopped early" if folds else ", where no run was stopped early"
    return RunSpec(index, "refit", "refit", epochs=epochs, setting=setting, settings=chosen), reason

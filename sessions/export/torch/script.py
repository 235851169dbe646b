"""The script that trains a run's network in PyTorch, as text.

Nothing from outside stands in it but as a Python literal.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import KeyProblem
from engine.events import Figures
from engine.experiment import Experiment, Training
from engine.jobs import Job
from engine.losses import LOSSES, Huber, Loss
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.streams import Purpose
from sessions.export.torch.modules import Written
from sessions.export.torch.pieces import (
    CHANGED,
    FACTOR,
    HALF_WAVE,
    LOSS,
    MEASURE,
    OPTIMIZER,
    RATE,
    SCALED,
    SCHEDULE,
    UNSCALED,
)

TOLERANCE, WIDE = 1e-3, 1e-2
"""How far the losses may be apart, as shares of the page's; the wider one where rounding decides (`tolerance_of`)."""
BY_SIZE = frozenset({"adagrad", "rmsprop", "adam", "adamw"})
"""Optimizers that divide a gradient by its own size."""
BLANK = re.compile(r"\n{4,}")


@dataclass(frozen=True, slots=True)
class Told:
    """What the script is told of a run."""

    page: str
    label: str
    suffix: str
    """How the name of the file with its rows ends."""
    parts: tuple[str, ...]
    """Which of train, validation and test it has."""
    figures: dict[str, Figures]
    """What the page says of the kept weights, by part."""
    changes: Sequence[tuple[int, float]]
    """Learning rates that a person set while it trained, each with the number of updates before it."""
    updates_per_epoch: int
    fills: bool
    """Whether empty cells are filled."""
    scales_targets: bool
    """Whether the target is a number, which is standardized like a feature; classes are not."""


def refuse_what_does_not_map(experiment: Experiment) -> None:
    """Raise a KeyProblem for what PyTorch cannot be made to do in the same way."""
    training = experiment.training
    hint = "export the page as csv or json, or train it without"
    if training.augment:
        raise KeyProblem(
            "training.augment", f"= {list(training.augment)} has no counterpart in the PyTorch script", hint
        )
    known: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("training.optimizer", OPTIMIZERS.name_of(training.optimizer), OPTIMIZER),
        ("training.schedule", SCHEDULES.name_of(training.schedule), SCHEDULE),
    )
    for key, name, table in known:
        if name not in table:
            raise KeyProblem(key, f'= "{name}" has no counterpart in the PyTorch script', hint)


def tolerance_of(experiment: Experiment) -> float:
    """Return how far the losses may be apart.

    A bias before batch normalization has no effect on a batch, so its gradient is nothing but rounding. An optimizer
    that divides it by its own size makes whole steps of that, which the moving means of evaluation follow too late.
    """
    by_rounding = experiment.model.normalization == "batch"
    return WIDE if by_rounding and OPTIMIZERS.name_of(experiment.training.optimizer) in BY_SIZE else TOLERANCE


def script(job: Job, loss: Loss, written: Written, told: Told) -> str:
    """Return the text of the script."""
    experiment = job.experiment
    parts = [_head(experiment, told), _constants(job, told), _rows(told)]
    parts += [_loss(loss), _model(written), _optimizer(experiment.training), _rate(experiment.training, told)]
    parts += [MEASURE, _loop(experiment.training, told), _conclusion(experiment)]
    return BLANK.sub("\n\n\n", "\n".join(parts))


def _head(experiment: Experiment, told: Told) -> str:
    luck = "The rows come in the same order, from the same generator of NumPy."
    close = (
        "rounding differs, and grows with the number of updates, so the losses agree to about"
        f" {tolerance_of(experiment):g} of themselves and not to the bit"
    )
    if experiment.model.dropout > 0:
        close = (
            "other units are dropped than in the page's training, for PyTorch draws its own: the losses agree only as"
            " two trainings with different luck do"
        )
    says = (
        "Written by `lossbook export --to pytorch`. It builds the network of one run of a page, begins with the same"
        " weights, trains it on the same rows and prints its losses beside those that the page has. "
        f"{luck} Still, {close}. It needs PyTorch and NumPy, and the file that ends in {told.suffix} beside it."
    )
    return f'''"""A network of lossbook, built and trained by PyTorch.

{textwrap.fill(says, 100)}
"""

import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
'''


def _constants(job: Job, told: Told) -> str:
    training = job.experiment.training
    size = len(job.train) if training.batch_size == "all" else min(training.batch_size, len(job.train))
    lines = [
        f"PAGE, RUN = {told.page!r}, {told.label!r}",
        f"LOSSES_OF_PAGE = { {part: told.figures[part]['loss'] for part in told.parts}!r}",
        f"EPOCHS, BATCH_SIZE = {job.epochs}, {size}",
        f"UPDATES_PER_EPOCH = {told.updates_per_epoch}",
        "UPDATES = EPOCHS * UPDATES_PER_EPOCH",
        f"LEARNING_RATE = {training.optimizer.learning_rate!r}",
    ]
    if told.changes:
        lines.append(f"CHANGES = {list(told.changes)!r}  # what somebody set while it trained: (after updates, rate)")
    if isinstance(training.loss, Huber):
        lines.append(f"DELTA = {training.loss.delta!r}")
    if training.early_stopping is not None:
        rule = training.early_stopping
        lines.append(f"PATIENCE, MIN_DELTA = {rule.patience}, {rule.min_delta!r}")
    stream = (int(Purpose.SHUFFLING), job.restart, job.repeat, job.fold)
    lines += [
        "# The stream that shuffled the page's rows: purpose, restart, repeat and fold are its key.",
        f"SHUFFLING = np.random.SeedSequence({job.experiment.seed}, spawn_key={stream})",
        "shuffler = np.random.Generator(np.random.PCG64(SHUFFLING))",
        f"torch.manual_seed({job.experiment.seed % 2**63})",
    ]
    return "\n".join(lines) + "\n"


def _rows(told: Told) -> str:
    fill = '\n    values = np.where(np.isnan(values), data["input_fill"], values)  # cells that are empty'
    return f'''
with np.load(Path(__file__).with_suffix("{told.suffix}"), allow_pickle=False) as archive:
    data = dict(archive)
PARTS = {told.parts!r}


def inputs_of(part):
    """Features, standardized by the training rows."""
    values = (data[f"{{part}}_inputs"] - data["input_mean"]) / data["input_sd"]{fill if told.fills else ""}
    return torch.tensor(values, dtype=torch.float32)


inputs = {{part: inputs_of(part) for part in PARTS}}
targets = {{part: torch.tensor(data[f"{{part}}_targets"], dtype=torch.float64) for part in PARTS}}
{SCALED if told.scales_targets else UNSCALED}
scaled_targets = ((targets["train"] - target_mean) / target_sd).float()
'''


def _loss(loss: Loss) -> str:
    body = textwrap.indent(LOSS[LOSSES.name_of(loss)], "    ")
    return f'''

def losses_of_rows(outputs, targets, unit):
    """Each row's loss: (rows, outputs) twice -> (rows,); both are in multiples of `unit`."""
{body}
'''


def _model(written: Written) -> str:
    modules = textwrap.indent("\n".join(written.lines), "    ")
    return f"""{written.classes}

model = nn.Sequential(
{modules}
)
state = model.state_dict()
state |= {{name.removeprefix("initial."): torch.tensor(data[name]) for name in data if name.startswith("initial.")}}
model.load_state_dict(state)
"""


def _optimizer(training: Training) -> str:
    optimizer = training.optimizer
    numbers = {name: getattr(optimizer, name, None) for name in ("momentum", "decay", "beta1", "beta2", "epsilon")}
    # PyTorch refuses to look ahead without momentum, which would be plain descent.
    made = OPTIMIZER[OPTIMIZERS.name_of(optimizer)].format(**numbers, looks_ahead=bool(numbers["momentum"]))
    return f"""
# Decay and norms are for weights alone, not for biases, gains and shifts.
weights = [parameter for parameter in model.parameters() if parameter.dim() > 1]
others = [parameter for parameter in model.parameters() if parameter.dim() == 1]
groups = [{{"params": weights, "weight_decay": {training.weight_decay!r}}}, {{"params": others, "weight_decay": 0.0}}]
optimizer = {made}
"""


def _rate(training: Training, told: Told) -> str:
    schedule = training.schedule
    name = SCHEDULES.name_of(schedule)
    own = {field: getattr(schedule, field) for field in getattr(schedule, "__dataclass_fields__", ())}
    body = SCHEDULE[name].format(**own)
    wave = HALF_WAVE if "half_wave" in body else ""
    factor = FACTOR.format(body=textwrap.indent(body, "    ")) if name != "constant" else ""
    return (
        f"{wave}{factor}{CHANGED if told.changes else RATE}    return rate{' * factor_at(update)' if factor else ''}\n"
    )


def _loop(training: Training, told: Told) -> str:
    order = 'torch.tensor(shuffler.permutation(len(inputs["train"])))'
    if training.batch_size == "all":
        order = 'torch.arange(len(inputs["train"]))'
    penalties, after = "", ""
    if training.clip is not None:
        penalties += f"        nn.utils.clip_grad_norm_(model.parameters(), {training.clip!r})\n"
    if training.l1 > 0:
        penalties += (
            f"        for weight in weights:\n            weight.grad += {training.l1!r} * weight.detach().sign()\n"
        )
    if training.max_norm is not None:
        after = f"""\
        with torch.no_grad():
            for weight in weights:  # of a row, all that leads into one unit
                longest = ({training.max_norm!r} / weight.flatten(1).norm(dim=1)).clamp(max=1)
                weight *= longest.view(-1, *[1] * (weight.dim() - 1))
"""
    judged = "validation" if "validation" in told.parts else "train"
    stopping = training.early_stopping is not None
    begin = "best, kept, mark, marked = math.inf, None, math.inf, 0\n" if stopping else ""
    end = (
        f"""\
    if (judged := losses["{judged}"]) < best:
        best, kept = judged, {{name: value.clone() for name, value in model.state_dict().items()}}
    if judged < mark - MIN_DELTA:
        mark, marked = judged, epoch
    if epoch - marked >= PATIENCE:
        break
"""
        if stopping
        else ""
    )
    restore = "if kept is not None:\n    model.load_state_dict(kept)  # the best epoch's\n" if stopping else ""
    watched = tuple(part for part in told.parts if part != "test")
    return f"""
update = 0
{begin}for epoch in range(1, EPOCHS + 1):
    order = {order}
    for rows in order.split(BATCH_SIZE):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(update)
        optimizer.zero_grad()
        loss = losses_of_rows(model(inputs["train"][rows]), scaled_targets[rows], target_sd).{training.reduction}()
        loss.backward()
{penalties}        optimizer.step()
{after}        update += 1
    losses = {{part: loss_on(part) for part in {watched!r}}}
    if epoch in {{1, EPOCHS}} or epoch % max(1, EPOCHS // 10) == 0:
        print(f"epoch {{epoch}}", *(f"{{part}} {{loss:.6g}}" for part, loss in losses.items()), sep="  ")
{end}{restore}"""


def _conclusion(experiment: Experiment) -> str:
    told = """\
worst = max(abs(losses[part] / LOSSES_OF_PAGE[part] - 1) for part in PARTS if LOSSES_OF_PAGE[part])
"""
    if experiment.model.dropout > 0:
        verdict = 'print(f"largest difference {worst:.2g}; with dropout that is luck")\n'
        return _table() + told + verdict
    verdict = f"""\
print(f"largest difference {{worst:.2g}}: {{'the same' if worst <= {tolerance_of(experiment)!r} else 'not the same'}}")
sys.exit(worst > {tolerance_of(experiment)!r})
"""
    return _table() + told + verdict


def _table() -> str:
    return """\
losses = {part: loss_on(part) for part in PARTS}
print(f"{'loss':>12} {'page':>14} {'PyTorch':>14}")
for part in PARTS:
    print(f"{part:>12} {LOSSES_OF_PAGE[part]:14.8g} {losses[part]:14.8g}")
"""

"""A look into a trained network: what reaches its layers on the way back, and what its units do on the way forward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.architecture import inputs_of, layers_of
from engine.arrays import Floats
from engine.batches import Feed, Scaler, Scales
from engine.curvature import Curvature, look
from engine.evaluation import CHUNK, sample
from engine.jobs import Job, loss_of
from engine.network import Network

MOST_ROWS = 2_048
SEED = 0


@dataclass(frozen=True, slots=True)
class Units:
    """What the units of one hidden layer do over the rows looked at."""

    mean: float
    sd: float
    dead: float
    """Share of units that say the same whatever the row."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one run's network is like on its training rows."""

    layers: tuple[str, ...]
    """Each layer that is trained."""
    gradient_norms: tuple[float, ...]
    """The length of the loss's gradient for each of them."""
    weight_norms: tuple[float, ...]
    units: tuple[Units, ...]
    """Each activation, in the order of the layers."""
    curvature: Curvature


class Probe:
    """One run's network in float64, as it is used for evaluation, with its training rows."""

    def __init__(self, job: Job, feed: Feed, numbers: Floats) -> None:
        experiment = job.experiment
        inputs = inputs_of(experiment, feed.inputs, feed.dataset.grid)
        self.network = Network(layers_of(experiment, inputs, feed.outputs), inputs, 1, np.float64)
        self.network.numbers[0] = numbers
        self._loss = loss_of(experiment, feed.dataset.task)
        self._decay = 0.0 if experiment.training.optimizer.decouples_decay else experiment.training.weight_decay
        scales = Scales.of(feed, job.train, standardize=experiment.data.standardize)
        rows = sample(job.train, MOST_ROWS)
        block = Scaler([scales]).apply(feed.rows[rows].astype(np.float64)[None])
        self._inputs, self._targets = block[..., : feed.inputs + 1], block[..., feed.inputs + 1 :]
        self._unit: Floats = scales.targets.sd[None, None]
        self._weights = self.network.weight_mask

    @property
    def parameters(self) -> Floats:
        """A copy of what is trained: (P,)."""
        return np.array(self.network.parameters[0])

    def gradient(self, parameters: Floats) -> Floats:
        """Return the gradient of the mean training loss, weight decay included, at some parameters: (P,) → (P,)."""
        self.network.parameters[0] = parameters
        rows = self._inputs.shape[1]
        total = np.zeros_like(parameters)
        for start in range(0, rows, CHUNK):
            inputs, targets = self._inputs[:, start : start + CHUNK], self._targets[:, start : start + CHUNK]
            one_pass = self.network.of_rows(inputs.shape[1], training=False)
            self._loss.gradient(one_pass.forward(inputs), targets, 1.0 / rows, self._unit)
            one_pass.backward()
            total += self.network.gradient[0]
        return np.asarray(total + self._decay * self._weights * parameters)

    def loss(self) -> float:
        """Return the mean training loss, weight decay included, in multiples of the targets' deviations.

        Of a Huber loss, whose bend is in the target's unit, it is about that.
        """
        outputs = np.concatenate([forward.copy() for forward in self._forward()], axis=1)
        total = float(self._loss.total(outputs, self._targets)[0])
        parameters = self.network.parameters[0]
        penalty = float(self._weights @ parameters**2)
        return total / float(outputs.shape[1]) + 0.5 * self._decay * penalty

    def units(self) -> tuple[Units, ...]:
        """Return what the hidden units do."""
        rows = min(CHUNK, self._inputs.shape[1])
        one_pass = self.network.of_rows(rows, training=False)
        one_pass.forward(self._inputs[:, :rows])
        found = []
        for signal in one_pass.activations:
            values = signal.units.reshape(-1, signal.form.units)
            spread = values.max(axis=0) - values.min(axis=0)
            found.append(Units(float(values.mean()), float(values.std()), float((spread <= 1e-6).mean())))
        return tuple(found)

    def _forward(self) -> Iterator[Floats]:
        for start in range(0, self._inputs.shape[1], CHUNK):
            inputs = self._inputs[:, start : start + CHUNK]
            yield self.network.of_rows(inputs.shape[1], training=False).forward(inputs)


def inspect(job: Job, feed: Feed, numbers: Floats) -> Inspection:
    """Return what the network of one run with these numbers, (P + kept,), is like; at most 2,048 rows are looked at."""
    with np.errstate(all="ignore"):
        probe = Probe(job, feed, numbers)
        at = probe.parameters
        units, loss = probe.units(), probe.loss()
        probe.gradient(at)
        gradients = tuple(float(np.linalg.norm(part)) for part in probe.network.gradients)
        weights = tuple(float(np.linalg.norm(part)) for part in probe.network.blocks)
        curvature = look(loss, probe.gradient, at, np.random.default_rng(SEED))
    return Inspection(tuple(probe.network.block_names), gradients, weights, units, curvature)

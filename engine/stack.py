"""A stack: runs of one shape at work, all of them in each operation, and where they stand between two epochs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from engine import evaluation, penalties
from engine.arrays import Floats
from engine.batches import Batches, Feed, Scales
from engine.best import Best
from engine.evaluation import Evaluator
from engine.events import Figures
from engine.jobs import Job, alike, loss_of
from engine.penalties import Penalties
from engine.rates import Rates
from engine.setup import augmenter_of, network_of
from engine.standing import Standing, set_state, state_of
from engine.streams import Purpose


class Stack:
    """Runs of one shape. A place is a run's row in every array."""

    def __init__(self, jobs: Sequence[Job], feed: Feed, dtype: type = np.float32) -> None:
        self.jobs = list(jobs)
        self.runs = tuple(job.index for job in jobs)
        self.feed = feed
        self.dtype = dtype
        trainings = [job.experiment.training for job in jobs]
        first = trainings[0]
        self.loss = loss_of(jobs[0].experiment, feed.dataset.task)
        same = alike(jobs)
        fitted = {
            place: Scales.of(feed, jobs[place].train, standardize=jobs[place].experiment.data.standardize)
            for place in dict.fromkeys(same)
        }
        self.scales = [fitted[place] for place in same]
        self.unit: Floats = np.stack([scale.targets.sd for scale in self.scales])[:, None]
        size = first.batch_size
        self.augmenter = augmenter_of(self.jobs, feed)
        self.batches = Batches(
            feed,
            [job.train for job in jobs],
            self.scales,
            len(jobs[0].train) if size == "all" else size,
            self.augmenter,
            alike=same,
        )
        self.network = network_of(jobs, feed, self.scales, dtype)
        self.evaluator = Evaluator(self.network, feed, self.scales, self.loss, same)
        self.rates = Rates(
            [training.optimizer.learning_rate for training in trainings],
            [training.schedule for training in trainings],
            self.batches.per_epoch * jobs[0].epochs,
            self.batches.per_epoch,
        )
        optimizers = [training.optimizer for training in trainings]
        self.stepper = type(optimizers[0]).stepper(optimizers, self.network.parameters, self.rates)
        self.penalties = Penalties(trainings, self.network, self.rates)
        self.shuffles = [job.stream(Purpose.SHUFFLING) for job in jobs]
        self.best = Best([t.early_stopping for t in trainings], self.network.numbers)
        self.epoch = 0
        self.update = 0
        self.seconds = 0.0
        self._sums = first.reduction == "sum"

    def step(self, inputs: Floats, targets: Floats) -> None:
        """Update every run once: inputs with ones, (runs, rows, inputs + 1), and targets, (runs, rows, outputs)."""
        rows = inputs.shape[1]
        one_pass = self.network.of_rows(rows)
        outputs = one_pass.forward(inputs)
        self.loss.gradient(outputs, targets, 1.0 if self._sums else 1.0 / rows, self.unit)
        one_pass.backward()
        penalties.step(self.stepper, self.penalties, self.network)
        self.update += 1

    def change_rate(self, learning_rate: float, places: Sequence[int]) -> None:
        """Give some runs another learning rate from the next step on; their schedules go on."""
        self.rates.change(learning_rate, places)
        self.stepper.rates_changed()
        self.penalties.rates_changed()

    def measure(self, places: Sequence[int]) -> tuple[list[Figures], list[Figures]]:
        """Return the figures of some runs on their training rows and on those that validate; empty without such."""
        jobs = [self.jobs[place] for place in places]
        with np.errstate(all="ignore"):
            rows = [evaluation.sample(job.train) for job in jobs]
            train = self.evaluator.figures(places, rows, taught=True, again="train")
            validation = self.evaluator.figures(places, [job.validation for job in jobs], again="validation")
        return train, validation

    def measure_test(self, places: Sequence[int]) -> list[Figures]:
        """Return the figures of some runs on the test rows; empty for runs that do not look at them."""
        with np.errstate(all="ignore"):
            return self.evaluator.figures(places, [self.jobs[place].test for place in places])

    def standing(self, places: Sequence[int]) -> Standing:
        """Return where some runs stand; between two epochs only, when no order of rows is half used up."""
        places = list(places)
        optimizer = {name: np.moveaxis(values, -2, 0)[places] for name, values in self.stepper.state().items()}
        arrays = {f"optimizer {name}": values for name, values in optimizer.items()} | {
            "numbers": self.network.numbers[places],
            "rates": self.rates.base[places],
            **self.best.state(places),
        }
        streams = [{name: state_of(streams) for name, streams in self._streams(place).items()} for place in places]
        runs = tuple(self.runs[place] for place in places)
        return Standing(runs, self.epoch, self.update, self.seconds, arrays, streams)

    def go_on(self, standing: Standing, but: Collection[str] = ()) -> None:
        """Take those runs that are this stack's up where they stand; `but` names arrays that begin anew."""
        optimizer = {name: np.moveaxis(values, -2, 0) for name, values in self.stepper.state().items()}
        for row, run in enumerate(standing.runs):
            if run not in self.runs:
                continue
            place = self.runs.index(run)
            own = {name: values[row] for name, values in standing.arrays.items()}
            self.network.numbers[place] = own["numbers"]
            for name, values in optimizer.items():
                values[place] = own[f"optimizer {name}"]
            if "rates" not in but:
                self.rates.base[place] = own["rates"]
            if "best" not in but:
                self.best.go_on(place, own)
            streams = self._streams(place)
            for name in streams.keys() & standing.streams[row].keys():
                set_state(streams[name], standing.streams[row][name])
        self.epoch, self.update, self.seconds = standing.epoch, standing.update, standing.seconds
        self.stepper.go_to(self.update)
        self.penalties.go_to(self.update)

    def _streams(self, place: int) -> dict[str, list[np.random.Generator]]:
        """Return a run's random streams, by what they are for."""
        streams = {"shuffling": [self.shuffles[place]]}
        if self.network.streams:
            streams["dropout"] = [self.network.streams[place]]
        if self.augmenter is not None:
            streams["augmentation"] = self.augmenter.streams[place]
        return streams

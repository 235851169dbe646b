"""The machines of one study: they must read the same data, and what differs between them belongs on its page."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import LabError
from engine.events import DataRead, EnvironmentSeen, Event
from engine.experiment import Experiment


class Machines:
    """What the tasks of a study have said of where they were done."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self._one_data_set = not any(key.startswith("data.") for key in experiment.sweep.keys)
        self._data: DataRead | None = None
        self._environment: EnvironmentSeen | None = None

    def agree(self, said: Iterable[Event]) -> list[Event]:
        """Return the events of one more task, their environment joined with those seen before.

        Raises
        ------
        LabError
            Where its data are others than those of the first task.
        """
        events = list(said)
        for event in events:
            if isinstance(event, DataRead) and self._one_data_set:
                self._data = self._data or event
                if event.sha256 != self._data.sha256:
                    raise LabError("machines have read different data", "give all of them the same files and NumPy")
        return [self._joined(event) if isinstance(event, EnvironmentSeen) else event for event in events]

    def _joined(self, event: EnvironmentSeen) -> EnvironmentSeen:
        self._environment = event if self._environment is None else joined(self._environment, event)
        return self._environment


def joined(first: EnvironmentSeen, second: EnvironmentSeen) -> EnvironmentSeen:
    """Return the environment of two machines: `numpy 2.3.0 and 2.4.6`; what one processor lacks has `?` behind it."""
    if first == second:
        return first
    names = dict.fromkeys(name.removesuffix("?") for name in (*first.cpu, *second.cpu))
    everywhere = set(first.cpu) & set(second.cpu)
    return EnvironmentSeen(
        python=_both(first.python, second.python),
        numpy=_both(first.numpy, second.numpy),
        blas=_both(first.blas, second.blas),
        threads=first.threads,
        cpu=tuple(name if name in everywhere else f"{name}?" for name in names),
    )


def _both(first: str, second: str) -> str:
    known = first.split(" and ")
    return first if second in known else " and ".join([*known, second])

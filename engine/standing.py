"""Where runs stand between two epochs: all that they need to go on to the same bits."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.errors import LabError
from engine.events import Checkpoint

STREAMS = "streams"


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Runs of a stack after an epoch."""

    runs: tuple[int, ...]
    epoch: int
    update: int
    seconds: float
    arrays: Mapping[str, Array]
    """Numbers, moments, learning rates, best epochs, by name: (runs, …) each."""
    streams: Sequence[Mapping[str, list[Any]]]
    """Of each run, the states of its random streams, by purpose."""

    def checkpoint(self) -> Checkpoint:
        """Return it as an event."""
        text = np.frombuffer(json.dumps(self.streams).encode(), dtype=np.uint8)
        buffer = io.BytesIO()
        packed: dict[str, Any] = {**self.arrays, STREAMS: text}
        np.savez(buffer, **packed)
        state = base64.b64encode(buffer.getvalue()).decode()
        return Checkpoint(self.runs, self.epoch, self.update, self.seconds, state)

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Standing:
        """Return what a checkpoint holds.

        Raises
        ------
        LabError
            Where it is damaged.
        """
        try:
            with np.load(io.BytesIO(base64.b64decode(checkpoint.state)), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files if name != STREAMS}
                streams = json.loads(file[STREAMS].tobytes())
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise LabError(f"a checkpoint cannot be read: {error}", "train its runs from their start") from error
        return cls(checkpoint.runs, checkpoint.epoch, checkpoint.update, checkpoint.seconds, arrays, streams)


def state_of(streams: Sequence[np.random.Generator]) -> list[Any]:
    """Return the states of random streams, as JSON can have them."""
    return [stream.bit_generator.state for stream in streams]


def set_state(streams: Sequence[np.random.Generator], states: Sequence[Any]) -> None:
    """Put random streams into the states that they had."""
    for stream, state in zip(streams, states, strict=True):
        stream.bit_generator.state = state

"""A curve: values at epochs, immutable to its holder and yet cheap to make longer."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter

import numpy as np

from engine.arrays import Floats, Integers


class Curve:
    """Values of one loss or metric at the epochs where it was measured.

    `with_points` returns a longer curve and leaves this one as it was. Both share one buffer, of which each sees
    only its own length, so that a run of n epochs costs n steps and not n²; the second to grow from the same
    curve gets a copy.
    """

    __slots__ = ("_epochs", "_length", "_values")

    def __init__(self, epochs: Iterable[int] = (), values: Iterable[float] = ()) -> None:
        self._epochs = array("q", epochs)
        self._values = array("d", values)
        self._length = len(self._values)
        if len(self._epochs) != self._length:
            raise ValueError(f"{len(self._epochs)} epochs for {self._length} values")

    @classmethod
    def of(cls, epochs: Integers, values: Floats) -> Curve:
        """Return the curve of two arrays: (points,) each."""
        return cls(array("q", epochs.astype(np.int64).tobytes()), array("d", values.astype(np.float64).tobytes()))

    def with_points(self, epochs: Sequence[int], values: Sequence[float]) -> Curve:
        """Return this curve with more points."""
        longer = Curve.__new__(Curve)
        if len(self._values) == self._length:
            longer._epochs, longer._values = self._epochs, self._values  # noqa: SLF001 - of its own class
        else:
            longer._epochs, longer._values = self._epochs[: self._length], self._values[: self._length]  # noqa: SLF001
        longer._epochs.extend(epochs)  # noqa: SLF001
        longer._values.extend(values)  # noqa: SLF001
        longer._length = self._length + len(epochs)  # noqa: SLF001
        return longer

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[tuple[int, float]]:
        return zip(self._epochs[: self._length], self._values[: self._length], strict=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Curve):
            return NotImplemented
        mine, theirs = self._values[: len(self)].tobytes(), other._values[: len(other)].tobytes()
        return mine == theirs and self._epochs[: len(self)] == other._epochs[: len(other)]

    __hash__ = None  # type: ignore[assignment]  # equal curves may lie in different buffers

    def __repr__(self) -> str:
        return f"Curve({len(self)} points)"

    @property
    def epochs(self) -> Integers:
        """The epochs, ascending: (points,)."""
        return np.array(self._epochs[: self._length], dtype=np.int64)

    @property
    def values(self) -> Floats:
        """The values: (points,) float64."""
        return np.array(self._values[: self._length], dtype=np.float64)

    @property
    def is_regular(self) -> bool:
        """Whether its points are at the epochs 1 to n."""
        return self._epochs[: self._length].tobytes() == _first_epochs(self._length)

    @property
    def last(self) -> float | None:
        """The newest value."""
        return self._values[self._length - 1] if self._length else None

    @property
    def last_epoch(self) -> int:
        """The newest epoch, 0 where there is none."""
        return self._epochs[self._length - 1] if self._length else 0

    def until(self, epoch: int) -> Curve:
        """Return the part up to an epoch; it shares the buffer."""
        part = Curve.__new__(Curve)
        part._epochs, part._values = self._epochs, self._values  # noqa: SLF001 - of its own class
        part._length = bisect_right(self._epochs, epoch, 0, self._length)  # noqa: SLF001
        return part

    def has(self, epoch: int) -> bool:
        """Tell whether there is a value at an epoch."""
        place = bisect_left(self._epochs, epoch, 0, self._length)
        return place < self._length and self._epochs[place] == epoch

    def thinned(self, most: int, keep: Iterable[int] = ()) -> Curve:
        """Return at most `most` points, spread evenly to the last, and those at the epochs in `keep`."""
        if len(self) <= most:
            return self
        epochs, values = self._epochs[: self._length], self._values[: self._length]
        near = {epoch: bisect_left(epochs, epoch) for epoch in keep}
        kept = {place for epoch, place in near.items() if place < len(epochs) and epochs[place] == epoch}
        places = _even_places(len(self), max(2, most - len(kept)))
        if not kept <= places.keys():
            places = dict.fromkeys(sorted(kept | places.keys()))
        pick = itemgetter(*places)
        return Curve(pick(epochs), pick(values))


@lru_cache(maxsize=64)
def _even_places(length: int, most: int) -> dict[int, None]:
    """Return places spread evenly from the first to the last, ascending."""
    return dict.fromkeys(np.linspace(0, length - 1, most).astype(np.int64).tolist())


@lru_cache(maxsize=64)
def _first_epochs(length: int) -> bytes:
    return array("q", range(1, length + 1)).tobytes()

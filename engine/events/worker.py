"""Events of a worker: the data that it reads, the place where it computes, and that it waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataLoading:
    """A worker reads a large file: the share of it that has been read. Never kept: it says nothing of a study."""

    share: float


@dataclass(frozen=True, slots=True)
class DataRead:
    """A worker has read the data."""

    name: str
    rows: int
    features: int
    outputs: int
    task: str
    unit: str
    sha256: str
    warnings: tuple[str, ...]
    test_sha256: str = ""
    """Names the test rows, by which looks at them are counted; empty where there are none."""
    read_for: tuple[int, ...] = ()
    """Settings that have these data, ascending, from 0; empty where all settings have the same."""


@dataclass(frozen=True, slots=True)
class EnvironmentSeen:
    """Where the numbers come from: `verify` names what of it differs."""

    python: str
    numpy: str
    blas: str
    threads: int
    cpu: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A worker has done what it was told and waits."""

"""The archive beside a page, `NAME.npz`: what its runs have ended with, and full curves where the page thins them.

A page names the hash of its full curves and of each run's weights: an archive that is older than its page, or another
page's, is told from its own. Opening a page never reads it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.data.formats import npy
from engine.errors import LabError
from sessions import files
from sessions.beside import archive_of
from sessions.history import HISTORY, Arrays, digest, history_of, with_curves
from sessions.record import Record

MOST_BYTES = 1 << 30
FINAL = re.compile(r"run_(?P<run>[0-9]{1,6})_final\.npy")
AGAIN = "the page has them thinned; to have them in full, run it again: lossbook run PAGE"


def save_archive(path: Path, record: Record, weights: Mapping[int, str]) -> None:
    """Save what a page does not hold itself: its runs' weights, given as their RunEnded had them, and full curves.

    Nothing is written where there is nothing to keep.

    Raises
    ------
    LabError
        Where that cannot be; the old archive is then still there.
    """
    arrays: dict[str, Any] = {
        f"run_{run}_final": np.frombuffer(base64.b64decode(numbers), dtype="<f4")
        for run, numbers in sorted(weights.items())
    }
    arrays |= _known_history(path, record) if record.origin.history else history_of(record)
    if not arrays:
        return
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    files.save(archive_of(path), buffer.getvalue())


# --- weights ----------------------------------------------------------------------------------------------------------


def read_weights(path: Path, run: int, sha256: str = "") -> str:
    """Return the numbers that run number `run` of a page ended with, as its RunEnded had them: float32, base64.

    Raises
    ------
    LabError
        If there are none, the file is damaged, or they have not the hash that the page knows them by.
    """
    archive = archive_of(path)
    try:
        with _opened(archive) as zipped:
            raw = _array(zipped, f"run_{run}_final", "<f4", str(archive)).tobytes()
    except FileNotFoundError:
        raise LabError("the page has no weights", "run it again: lossbook run PAGE", where=str(archive)) from None
    except KeyError:
        raise LabError(f"there are no weights of run {run + 1}", "run the page again", where=str(archive)) from None
    except LabError as error:
        raise LabError(
            f"the weights cannot be read: {error.problem}", "run the page again", where=str(archive)
        ) from error
    if sha256 and hashlib.sha256(raw).hexdigest() != sha256:
        problem = f"the weights of run {run + 1} are not those that the page was saved with"
        raise LabError(problem, "run the page again", where=str(archive))
    return base64.b64encode(raw).decode()


def known_weights(path: Path, record: Record, but: Container[int] = ()) -> dict[int, str]:
    """Return the weights of a record's runs that lie beside its page, by run, without those of some runs.

    What is not there, is damaged or another page's is left out.
    """
    found: dict[int, str] = {}
    try:
        with _opened(archive_of(path)) as zipped:
            names = [FINAL.fullmatch(name) for name in zipped.namelist()]
            for run in (int(name["run"]) for name in names if name):
                if run not in but and run < len(record.runs):
                    raw = _array(zipped, f"run_{run}_final", "<f4", str(path)).tobytes()
                    if hashlib.sha256(raw).hexdigest() == record.runs[run].sha256:
                        found[run] = base64.b64encode(raw).decode()
    except (OSError, LabError):
        return found
    return found


# --- full curves ------------------------------------------------------------------------------------------------------


def with_history(path: Path, record: Record) -> Record:
    """Return a page's record with its curves in full; the same record where the page itself has them in full.

    Raises
    ------
    LabError
        Where they are not in the archive, or those there are another page's, or older or newer than this one.
    """
    if not record.origin.history:
        return record
    archive = archive_of(path)
    try:
        arrays = _read_history(archive)
        if digest(arrays) != record.origin.history:
            raise LabError("its full curves are not this page's", AGAIN, where=str(archive))
        return with_curves(record, arrays)
    except FileNotFoundError:
        raise LabError("the full curves are not beside the page", AGAIN, where=str(archive)) from None
    except KeyError:
        raise LabError("has no full curves", AGAIN, where=str(archive)) from None
    except (ValueError, LookupError, TypeError) as error:
        raise LabError(f"its full curves cannot be read: {error}", AGAIN, where=str(archive)) from error


def with_known_history(path: Path, record: Record) -> Record:
    """Return a page's record with its curves in full where these are to be had, else as it is."""
    try:
        return with_history(path, record)
    except LabError:
        return record


def _known_history(path: Path, record: Record) -> Arrays:
    """Return the full curves of a record that was read thinned, as they lie in its archive, if it is its own."""
    try:
        arrays = _read_history(archive_of(path))
    except (OSError, LookupError, LabError):
        return {}
    return arrays if digest(arrays) == record.origin.history else {}


def _read_history(archive: Path) -> Arrays:
    with _opened(archive) as zipped:
        return {name: _array(zipped, name, dtype, str(archive)) for name, dtype in HISTORY.items()}


# --- the file ---------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; FileNotFoundError where there is none, LabError where it is damaged."""
    if archive.exists() and not archive.is_file():
        raise LabError("is not a file", "move it away", where=str(archive))
    try:
        with zipfile.ZipFile(archive) as zipped:
            yield zipped
    except FileNotFoundError:
        raise
    except (OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        raise LabError(f"is damaged: {error}", "move it away", where=str(archive)) from error


def _array(zipped: zipfile.ZipFile, name: str, dtype: str, where: str) -> Array:
    """Return an array of an archive, flat; KeyError where it is not there."""
    member = zipped.getinfo(f"{name}.npy")
    # What is not packed cannot claim to be larger than the file is.
    if member.compress_type != zipfile.ZIP_STORED or member.file_size > MOST_BYTES:
        raise LabError(f"array {name} is packed or too large", "move it away", where=where)
    with zipped.open(member) as stream:
        head = npy.head_of(stream, member.file_size, name, where)
        if head.dtype != np.dtype(dtype) or head.columns_first:
            raise LabError(f"array {name} is {head}, and should be {np.dtype(dtype)}", "move it away", where=where)
        return np.frombuffer(stream.read(head.size), dtype=dtype)

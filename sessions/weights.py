"""The weights beside a page: what its runs have ended with."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import LabError
from engine.plan import RunSpec, plan, settings_of
from sessions import files
from sessions.page import Page

MOST_BYTES = 1 << 30
NAME = re.compile(r"run_(?P<run>[0-9]{1,6})_final\.npy")


def archive_of(path: Path) -> Path:
    """Return where a page's weights lie."""
    return path.with_suffix(".npz")


def write_weights(path: Path, weights: Mapping[int, str]) -> None:
    """Save the final weights of a page's runs, given as their RunEnded had them: one flat float32 array each.

    Raises
    ------
    LabError
        Where that cannot be.
    """
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {
        f"run_{run}_final": np.frombuffer(base64.b64decode(numbers), dtype="<f4")
        for run, numbers in sorted(weights.items())
    }
    np.savez(buffer, **arrays)
    files.save(archive_of(path), buffer.getvalue())


def read_weights(path: Path, run: int) -> str:
    """Return the numbers that run number `run` of a page ended with, as its RunEnded had them: float32, base64.

    Raises
    ------
    LabError
        If there are none, or the file is damaged.
    """
    archive = archive_of(path)
    try:
        with zipfile.ZipFile(archive) as zipped:
            # A small file can claim to be a large array: what it says of itself is asked before it is unpacked.
            if zipped.getinfo(f"run_{run}_final.npy").file_size > MOST_BYTES:
                raise LabError("the weights are too large to be a network's", "run the page again", where=str(archive))
        with np.load(archive, allow_pickle=False) as arrays:
            numbers = np.asarray(arrays[f"run_{run}_final"], dtype="<f4").ravel()
    except FileNotFoundError:
        raise LabError("the page has no weights", "run it again: lossbook run PAGE", where=str(archive)) from None
    except KeyError:
        raise LabError(f"there are no weights of run {run + 1}", "run the page again", where=str(archive)) from None
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
        raise LabError(f"the weights cannot be read: {error}", "run the page again", where=str(archive)) from error
    return base64.b64encode(numbers.tobytes()).decode()


def known_weights(path: Path, but: Container[int] = ()) -> dict[int, str]:
    """Return the weights that lie beside a page, by run, without those of some runs; none where there are none."""
    found: dict[int, str] = {}
    try:
        with zipfile.ZipFile(archive_of(path)) as zipped:
            names = [NAME.fullmatch(name) for name in zipped.namelist()]
        for run in (int(name["run"]) for name in names if name):
            if run not in but:
                found[run] = read_weights(path, run)
    except (OSError, LabError, zipfile.BadZipFile):
        return found
    return found


def spec_of(page: Page, run: int) -> RunSpec:
    """Return the plan of run number `run` of a page, the refit's included.

    Raises
    ------
    LabError
        If the page has no such run.
    """
    runs = page.record.runs if page.record else ()
    if not 0 <= run < len(runs):
        raise LabError(f"there is no run {run + 1}", f"the page has {len(runs)}")
    specs = plan(page.experiment)
    if run < len(specs):
        return specs[run]
    refit = runs[run]
    settings = settings_of(page.experiment)[refit.setting]
    return RunSpec(run, refit.label, "refit", epochs=refit.epochs, setting=refit.setting, settings=settings)

"""Experiment files on the command line: their overrides, and which line is to blame."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping
from pathlib import Path

from engine.errors import KeyProblem, LabError
from engine.experiment import Experiment
from sessions import places
from sessions.locate import line_of
from sessions.page import Page

QUOTES = str.maketrans("", "", "\"'")


def overrides_of(options: argparse.Namespace) -> dict[str, str]:
    """Return the keys of all `--set KEY=VALUE` with their values as texts.

    Raises
    ------
    LabError
        Where one is not of that form.
    """
    return dict(_override(text) for text in options.set)


def _override(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise LabError(f"--set {text!r} is not KEY=VALUE", "for example --set training.learning_rate=0.01")
    return key.strip(), value.strip()


def settled(page: Page, path: Path, overrides: Mapping[str, str]) -> Experiment:
    """Return the experiment of a file as it is to be trained: its data files named from the root.

    Raises
    ------
    LabError
        Where its data cannot be found from here, with the line to blame, or the page is one to read only.
    """
    page.check_writable(str(path))
    try:
        return places.checked(page)
    except KeyProblem as error:
        raise LabError(blame(path, error.key, str(error), overrides)) from error


def blame(path: Path, key: str, problem: str, overrides: Mapping[str, str]) -> str:
    """Return why the experiment of a file cannot be, with the override or the line of the key that is to blame.

    Where a key is varied its values in the sweep are to blame: no run has another.
    """
    text = ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = path.read_text(encoding="utf-8-sig")
    plain = {name.translate(QUOTES): name for name in overrides}
    varied = f"sweep.{key}"
    for name in (varied, key) if key else ():
        if name in plain:
            return f"--set {plain[name]}: {problem}"
        line = line_of(text, name)
        # Where the table begins it says nothing of a key that it does not have.
        if line and (name == key or line != line_of(text, varied.rpartition(".")[0])):
            return f"{path}, line {line}: {problem}"
    return f"{path}: {problem}"

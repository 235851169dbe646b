"""Where the data files of a page lie: a relative path is meant from the page's `record.base_dir`."""

from __future__ import annotations

from pathlib import Path

from engine.data.sources import OwnFile
from engine.errors import KeyProblem
from engine.experiment import Experiment, located
from sessions.page import Page

KEY = "record.base_dir"


def is_relative(experiment: Experiment) -> bool:
    """Tell whether a data file of the experiment is named from some folder, and not from the root or from home."""
    source = experiment.data.source
    if not isinstance(source, OwnFile):
        return False
    return any(path and not path.startswith(("/", "~")) for path in (source.file, source.test_file))


def settled(page: Page) -> Experiment:
    """Return a page's experiment with its data files named from the root: what is trained, wherever one stands.

    Raises
    ------
    KeyProblem
        Where a path begins with the home of somebody who is not known here.
    """
    try:
        return located(page.experiment, Path(page.base_dir or "."))
    except RuntimeError as error:
        raise KeyProblem("data.file", "begins with ~, and that home is not known", "write the whole path") from error


def checked(page: Page) -> Experiment:
    """Return the same for a page whose data are to be read now.

    Raises
    ------
    KeyProblem
        Also where the folder against which a file is named is not there.
    """
    if page.base_dir and is_relative(page.experiment) and not Path(page.base_dir).is_dir():
        raise KeyProblem(
            KEY,
            f"is {page.base_dir}, and there is no such folder",
            f"say where data.file is to be found from now: --set {KEY}=/FOLDER",
        )
    return settled(page)

"""`lossbook branch`: the study of a page again up to an epoch, and from there on with one changed setting."""

from __future__ import annotations

import argparse

from engine.errors import KeyProblem, LabError
from sessions import codec
from sessions.branching import branch_of
from sessions.in_use import require_runs
from sessions.store import Store
from tui.cli.experiments import settled
from tui.cli.pages import store_of
from tui.cli.run import Job, train_all


def branch(options: argparse.Namespace) -> int:
    """Train a branch and keep it on a page of its own."""
    store: Store = store_of(options)
    path = store.find(options.session)
    page = codec.read_page(path)
    require_runs(path, page)
    key, equals, value = options.set.partition("=")
    if not equals:
        raise LabError(f"--set {options.set} has no value", "write --set training.learning_rate=0.001")
    try:
        child, course = branch_of(page, path.stem, options.at, {key: codec.value_of(value)})
    except KeyProblem as error:
        raise LabError(str(error), where=f"--set {options.set}") from error
    except LabError as error:
        raise LabError(error.problem, error.hint, where=error.where or path.stem) from error
    options.dask = None
    return train_all([Job(path, {}, child, settled(child, path, {}), course)], store, options)

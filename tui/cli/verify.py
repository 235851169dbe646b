"""`lossbook verify`: train a page again and say whether it gives the same bits."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

from engine.errors import LabError
from engine.experiment import Experiment
from engine.pool import Pool
from engine.study import Study
from sessions import codec
from sessions.archive import read_weights, with_known_history
from sessions.course_of import course_again
from sessions.in_use import require_runs
from sessions.page import Page
from sessions.record import Record, fold
from sessions.specs import edited
from sessions.verifying import Difference, Verification, verify
from tui.cli import FAILED, OK
from tui.cli.experiments import settled
from tui.cli.json_text import json_text
from tui.cli.pages import store_of
from tui.cli.teller import Teller
from tui.numbers import counted
from tui.text import safe


def verify_page(options: argparse.Namespace) -> int:
    """Re-run and compare."""
    path = store_of(options).find(options.session)
    page = codec.read_page(path)
    require_runs(path, page)
    record = page.record and with_known_history(path, page.record)
    if record is None or not any(run.train_curves for run in record.runs):
        raise LabError("holds no runs to verify", "train it first: lossbook run SESSION", where=path.stem)
    if record.origin.experiment:
        raise edited(path.stem)
    again = asyncio.run(_train(settled(page, path, {}), page, record, options.workers))
    if again.bad_input:
        raise LabError(f"cannot be trained again: {again.bad_input}", "are its data where they were?", where=path.stem)
    found = verify(record, again)
    if found.difference is None and not found.points:
        raise LabError("has nothing that could be compared", "train it anew: lossbook run SESSION", where=path.stem)
    warnings = [*([page.warning] if page.warning else []), *weights_beside(path, record)]
    if options.json:
        print(json_text(as_json(found) | {"warnings": warnings}))
    else:
        print("\n".join([*(f"! {safe(line, 500)}" for line in warnings), *says(found)]))
    return OK if found.difference is None else FAILED


def weights_beside(path: Path, record: Record) -> list[str]:
    """Return what is wrong with the weights that lie beside a page: they are compared by the hashes that it has."""
    for place, run in enumerate(record.runs):
        if run.sha256:
            try:
                read_weights(path, place, run.sha256)
            except LabError as error:
                return [f"{error.problem}: weights are compared by the page's hashes"]
    return []


async def _train(experiment: Experiment, page: Page, record: Record, workers: int | None) -> Record:
    """Train the study again, with what was done to its runs; nothing of it is kept, and no look is counted."""
    # A refit that did not come about then is not compared, and baselines are no runs.
    refit = experiment.validation.refit if record.refit is not None else False
    plain = replace(experiment, baselines=False, validation=replace(experiment.validation, refit=refit))
    teller = Teller(f"verifying {safe(page.title, 60)}")
    known = Record()
    async with Pool(workers) as pool:
        try:
            async for batch in Study(plain, pool, course=course_again(record)).events():
                known = fold(batch, known)
                teller.tell(known)
        finally:
            teller.end()
    return known


def says(found: Verification) -> list[str]:
    """Return what came of it in words, the environment first."""
    lines = [f"{name} was {old}, and is {new}" for name, (old, new) in found.environment.items()]
    lines += [f"{label} failed then, and is compared as far as it came" for label in map(safe, found.left_out)]
    if found.thinned:
        lines.append("the page has only some of its epochs: those are compared")
    if found.difference is not None:
        return [safe(line, 300) for line in lines] + [safe(_differs(found), 500)]
    what = [counted(found.runs, "run"), f"{found.points:,} losses and metrics"]
    if found.weights:
        what.append(f"the final weights of {counted(found.weights, 'run')}")
    return [safe(line, 300) for line in lines] + [f"same: {', '.join(what)} agree to the bit"]


def _differs(found: Verification) -> str:
    difference = found.difference
    assert difference is not None  # noqa: S101 - asked only where there is one
    word = "differs (other environment)" if found.environment else "differs"
    where = ", ".join(part for part in (difference.label, _epoch(difference)) if part)
    return f"{word}: {where}{': ' if where else ''}{difference.what} {_values(difference)}"


def _epoch(difference: Difference) -> str:
    return "" if difference.epoch is None else f"epoch {difference.epoch}"


def _values(difference: Difference) -> str:
    old, new, size = difference.recorded, difference.again, difference.size
    if size is None:
        return f"was {old}, and is {'not there' if new is None else new}"
    relative = f", {size / abs(float(old)):.1e} of it" if isinstance(old, float) and old else ""
    return f"was {old!r}, and is {new!r}: {size:.1e} apart{relative}"


def as_json(found: Verification) -> dict[str, object]:
    """Return what came of it as JSON has it."""
    one = found.difference
    difference = None
    if one is not None:
        difference = {
            "run": one.label,
            "epoch": one.epoch,
            "what": one.what,
            "recorded": one.recorded,
            "again": one.again,
            "size": one.size,
        }
    return {
        "same": one is None,
        "environment": {name: {"recorded": old, "now": new} for name, (old, new) in found.environment.items()},
        "difference": difference,
        "runs": found.runs,
        "points": found.points,
        "weights": found.weights,
        "left_out": list(found.left_out),
        "thinned": found.thinned,
    }

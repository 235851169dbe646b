"""`lossbook export`: a page as others read it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.errors import LabError
from sessions import codec
from sessions.export import Subject, exported, write
from sessions.in_use import require_runs
from tui.cli.pages import store_of
from tui.exporting import Picture, with_all_curves
from tui.text import safe


def export(options: argparse.Namespace) -> int:
    """Print a page in another format, or write it to a file."""
    store = store_of(options)
    path = store.find(options.session)
    page, lacking = with_all_curves(path, codec.read_page(path))
    subject = Subject(
        path,
        page,
        Picture(),
        run=None if options.run is None else options.run - 1,
        final=options.final,
        metric=options.metric,
        log=options.log,
    )
    try:
        form, made = exported(subject, options.to)
    except LabError:
        # What it lacks it may only lack by now.
        require_runs(path, page)
        raise
    for line in (*made.said, *([lacking] if lacking else [])):
        print(f"lossbook: {safe(line, 500)}", file=sys.stderr)
    if options.out is not None:
        for written in write(form, made, Path(options.out).expanduser(), force=options.force, pages=store.folder):
            print(f"wrote {safe(str(written), 500)}", file=sys.stderr)
        return 0
    if made.beside is not None:
        raise LabError(
            f"--to {options.to} makes two files, and standard output is one",
            f"name the first: --out {path.stem}{form.suffix}",
        )
    sys.stdout.write(made.text)
    return 0

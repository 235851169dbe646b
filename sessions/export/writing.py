"""From a page to a file of another format, at once and never over one that is there."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from engine.errors import LabError
from sessions import beside, files
from sessions.export.base import EXPORTS, Exported, Format, Subject

FLAGS = {"run": "--run", "final": "--final", "metric": "--metric", "log": "--log"}


def exported(subject: Subject, name: str) -> tuple[Format, Exported]:
    """Return a page in the format of that name.

    Raises
    ------
    LabError
        For an unknown format, an option that means nothing to it, or a page that cannot be had in it.
    """
    form = EXPORTS[name]()
    for field in fields(subject):
        if field.name in FLAGS and getattr(subject, field.name) != field.default and field.name not in form.heeds:
            takers = ", ".join(known for known in EXPORTS if field.name in EXPORTS[known].heeds)
            raise LabError(f"{FLAGS[field.name]} means nothing to {name}", f"it belongs to {takers}")
    return form, form.export(subject)


def write(form: Format, made: Exported, out: Path, *, force: bool = False, pages: Path | None = None) -> list[Path]:
    """Write what was exported, and what stands beside it; return the files. `pages` is the folder of the notebook.

    Raises
    ------
    LabError
        Where a file is there already and `force` does not say to replace it, or it cannot be written.
    """
    contents = [(out, made.text.encode("utf-8", "backslashreplace"))]
    if made.beside is not None and form.beside is not None:
        # First, so that whoever finds the script finds what it reads.
        contents.insert(0, (out.with_suffix(form.beside), made.beside))
    return list(reversed(save_new(contents, force=force, pages=pages)))


def save_new(contents: Sequence[tuple[Path, bytes]], *, force: bool = False, pages: Path | None = None) -> list[Path]:
    """Write files, each at once, after a look at all of them; return their paths.

    Raises
    ------
    LabError
        Where one is there already and `force` does not say to replace it, it has a name of the notebook's own in the
        folder `pages`, or it cannot be written.
    """
    for path, _ in contents:
        if pages is not None:
            _refuse_names_of_pages(path, pages)
        _refuse_what_is_there(path, force=force)
    for path, content in contents:
        files.save(path, content)
    return [path for path, _ in contents]


def _refuse_names_of_pages(path: Path, pages: Path) -> None:
    """Refuse the name of a page, or of what the notebook keeps beside it, whether it is there or not."""
    name = path.name.lower()
    if not name.startswith(".") and Path(name).suffix not in beside.OWN:
        return
    try:
        is_within = path.parent.resolve() == pages.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise LabError(f"cannot be written: {error}", "give another path", where=str(path)) from error
    if is_within:
        hint = "give a name in another folder, or one that ends in .csv, .json, .md, .svg or .py"
        raise LabError("is a name that the notebook keeps for its pages", hint, where=str(path))


def _refuse_what_is_there(path: Path, *, force: bool) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        says = error.strerror if isinstance(error, OSError) else str(error)
        raise LabError(f"cannot be written: {says}", "give another path", where=str(path)) from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a link" if stat.S_ISLNK(mode) else "no plain file"
        raise LabError(f"is {kind}", "name a file that is not there yet", where=str(path))
    if not force:
        raise LabError("is there already", "give another name, or --force to replace it", where=str(path))

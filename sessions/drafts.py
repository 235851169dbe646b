"""What an open notebook has not put on a page yet, kept in the folder of pages so that a kill loses none of it.

Each notebook has a file of its own, `.unsaved-N.draft`, an experiment file, and holds its lock: two never meet in one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from engine import tables
from engine.errors import LabError
from sessions import beside, codec, files, lock, places, texts
from sessions.page import FORMAT, Page
from sessions.quarantine import keep_damaged
from sessions.schema import SCHEMA

MOST = 64
"""So many notebooks may be open on one folder and keep what they have; it is told where there are more."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Settings and notes."""

    tables: Mapping[str, Any]
    """Those of an experiment file that a person has set; the others are the defaults."""
    page: Page
    """The same as a page: experiment, notes, and the folder from which its data files are named."""


class Drafts:
    """The file of one open notebook, if it has one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._held: lock.Lock | None = None
        self._content = b""

    def restore(self) -> Draft | None:
        """Return what a notebook that is no longer open has left, the newest; its file is ours from then on.

        Raises
        ------
        LabError
            Where there is one that cannot be read; it is put among the damaged files.
        """
        for path in sorted((path for path in self._paths() if path.is_file()), key=_modified, reverse=True):
            try:
                held = lock.acquire(path, "edited")
            except LabError:
                # Open in another notebook, or in a folder in which nothing can be kept.
                continue
            try:
                found = _read(path)
            except FileNotFoundError:
                held.release()
                continue
            except (LabError, OSError) as error:
                kept = keep_damaged(path)
                path.unlink()
                held.release()
                raise LabError(f"what was not saved cannot be read: {error}", f"it is kept as {kept}") from error
            self._path, self._held = path, held
            return found
        return None

    def keep(self, draft: Mapping[str, Any], notes: str, base_dir: str) -> None:
        """Save settings and notes, if they are others than the last ones.

        Raises
        ------
        LabError
            Where they cannot be saved.
        """
        content = _write(draft, notes, base_dir)
        if content == self._content:
            return
        if self._path is None:
            files.make_folder(self._folder)
            self._path, self._held = self._claim()
        files.save(self._path, content, keep_old=False)
        self._content = content

    def drop(self) -> None:
        """Delete the file: there is nothing to keep."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Leave the file, if there is one, to the next notebook."""
        if self._held is not None:
            self._held.release()
        self._path, self._held, self._content = None, None, b""

    def _paths(self) -> list[Path]:
        return [self._folder / f".unsaved-{number}{beside.DRAFT}" for number in range(1, MOST + 1)]

    def _claim(self) -> tuple[Path, lock.Lock]:
        for path in self._paths():
            if path.is_file():
                continue
            try:
                held = lock.acquire(path, "edited")
            except lock.Taken:
                continue
            if not path.is_file():
                return path, held
            held.release()
        raise LabError(
            "settings are not kept: too many notebooks are open", "train, or save the page", where=str(self._folder)
        )


def _write(draft: Mapping[str, Any], notes: str, base_dir: str) -> bytes:
    head: dict[str, Any] = {"format": FORMAT, "schema": SCHEMA}
    if notes:
        head["notes"] = notes
    body = head | dict(draft) | {"record": {"base_dir": base_dir}}
    return tomli_w.dumps(texts.clean(body), multiline_strings=True).encode()


def _read(path: Path) -> Draft:
    # Only what the codec has read, with its bounds on size and nesting, is looked at once more as it was written.
    page = codec.read_page(path)
    body = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    given = {key: item for key, item in body.items() if key in tables.TOP_LEVEL}
    if places.is_relative(page.experiment) and page.base_dir != str(Path.cwd()):
        source = tables.to_tables(places.settled(page))["data"]
        given["data"] = given["data"] | {key: source[key] for key in ("file", "test_file") if key in given["data"]}
    return Draft(given, page)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0

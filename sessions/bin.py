"""The bin: a folder in the folder of pages, where deleted ones lie with all their files until it is emptied."""

from __future__ import annotations

import contextlib
from pathlib import Path

from engine.errors import LabError, nearest
from sessions import files, index_file
from sessions.beside import MOVED, SUFFIX
from sessions.in_use import untouched
from sessions.index import entries_of
from sessions.listed import Listed
from sessions.moving import files_of, move, remove

NAME = "bin"


class Bin:
    """The bin of a folder of pages."""

    def __init__(self, pages: Path) -> None:
        self.pages = pages
        self.folder = pages / NAME

    def put(self, path: Path) -> Path:
        """Move a page here and return where it is now.

        Raises
        ------
        LabError
            Where it is not a page of this folder, somebody trains it, or it cannot be moved.
        """
        if path.parent.resolve() != self.pages.resolve():
            hint = "only pages of the sessions folder can be deleted; give its folder with --sessions DIR"
            raise LabError(f"is not in {self.pages}", hint, where=str(path))
        self._no_link()
        files.make_folder(self.folder)
        with untouched(path):
            return move(path, self.folder, path.name.removesuffix(SUFFIX))

    def entries(self) -> list[Listed]:
        """Return the pages that lie here."""
        return [] if self.folder.is_symlink() else entries_of(self.folder)

    def restore(self, name: str) -> Path:
        """Move a page back, beside one that has its name by now; return where it is.

        Raises
        ------
        LabError
            Where it is not here, or cannot be moved.
        """
        self._no_link()
        stem = name.removesuffix(SUFFIX)
        path = self.folder / f"{stem}{SUFFIX}"
        if "/" in stem or not files.is_there(path):
            names = [entry.name for entry in self.entries()]
            raise LabError(f"there is no page {name!r} in the bin", nearest(name, names) if names else "it is empty")
        with untouched(path):
            return move(path, self.pages, stem)

    def empty(self) -> tuple[int, int]:
        """Delete the pages that lie here; return how many those were, and how many other files stay.

        Raises
        ------
        LabError
            Where one cannot be deleted.
        """
        self._no_link()
        pages = [entry.path for entry in self.entries() if entry.path.is_symlink() or not entry.path.is_dir()]
        try:
            for path in pages:
                for file in files_of(path):
                    remove(file)
            (self.folder / index_file.NAME).unlink(missing_ok=True)
            left = list(self.folder.iterdir()) if self.folder.is_dir() else []
            for file in [file for file in left if file.name.endswith(MOVED)]:
                remove(file)
                left.remove(file)
        except OSError as error:
            raise LabError(f"cannot be emptied: {error.strerror}", where=str(self.folder)) from error
        with contextlib.suppress(OSError):
            self.folder.rmdir()
        return len(pages), len(left)

    def _no_link(self) -> None:
        if self.folder.is_symlink():
            raise LabError(
                "is a link: what is deleted would go elsewhere", "put a folder there", where=str(self.folder)
            )

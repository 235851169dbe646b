"""The data sets that can be downloaded: from where, how large, and by which published sums they are known."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from engine.data import folders
from engine.errors import LabError

MIRROR = "LOSSBOOK_MIRROR"
"""The environment variable that names another place: there each data set has a folder of its name."""


class Failed(LabError):  # noqa: N818 - said of a download, as `LabError` says it of an experiment
    """A download that did not succeed, through no fault of what was asked for."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a data set."""

    name: str
    size: int
    """In bytes."""
    md5: str


@dataclass(frozen=True, slots=True)
class Download:
    """A data set elsewhere."""

    name: str
    base: str
    """The address of its files, less their names."""
    sums: str
    """Where the sums are published."""
    licence: str
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """Of all files, in bytes."""
        return sum(file.size for file in self.files)

    @property
    def address(self) -> str:
        """Where its files are taken from now: `base`, or a mirror.

        Raises
        ------
        LabError
            If the mirror is no address.
        """
        mirror = os.environ.get(MIRROR)
        if not mirror:
            return self.base
        try:
            parts = urlsplit(mirror)
            fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            fine = False
        if not fine:
            raise LabError(f"{MIRROR} is no address: {mirror}", "it should begin with http:// or https://")
        if parts.username or parts.password:
            # It would be shown, and stand in error messages.
            raise LabError(f"{MIRROR} names a user", "put name and password into ~/.netrc")
        return f"{mirror.rstrip('/')}/{self.name}/"


def _four(*known: tuple[int, str]) -> tuple[File, ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return tuple(File(f"{name}-ubyte.gz", size, md5) for name, (size, md5) in zip(names, known, strict=True))


DOWNLOADS = {
    download.name: download
    for download in (
        Download(
            "fashion-mnist",
            base="https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            sums="https://github.com/zalandoresearch/fashion-mnist, README.md",
            licence="MIT",
            files=_four(
                (26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                (29_515, "25c81989df183df01b3e8a0aad5dffbe"),
                (4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
                (5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
            ),
        ),
        Download(
            "mnist",
            base="https://ossci-datasets.s3.amazonaws.com/mnist/",
            sums="https://github.com/pytorch/vision, torchvision/datasets/mnist.py",
            licence="CC BY-SA 3.0",
            files=_four(
                (9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
                (28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
                (1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
                (4_542, "ec29112dd5afa0611ce80d1b7f02629c"),
            ),
        ),
    )
}


def folder_of(download: Download) -> Path:
    """Return where a data set lies, or will.

    Raises
    ------
    LabError
        If downloads have no folder, or its own leads out of that.
    """
    root = folders.data_folder()
    if root is None:
        raise LabError("there is no folder for downloads", f"set {folders.DATA} to one")
    folder = root.absolute() / download.name
    if not folder.resolve().is_relative_to(root.resolve()):
        raise LabError(f"leads out of {root}", "take the link away", where=str(folder))
    return folder


def bytes_here(download: Download) -> int:
    """Return how many bytes of a data set are here, by the sizes of its files, begun ones among them."""
    folder = folder_of(download)
    return sum(min(file.size, max(_size(folder / file.name), _size(part_of(folder, file)))) for file in download.files)


def part_of(folder: Path, file: File) -> Path:
    """Return where a file is kept until it is whole."""
    return folder / f"{file.name}.part"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

"""Reads a folder of pictures in the format of MNIST: `train-images-idx3-ubyte` and its three companions.

An IDX file begins with four bytes that say what it holds, then the length of each dimension as a big-endian number of
four bytes, then the bytes of the array (yann.lecun.com/exdb/mnist). A header is believed only where the file bears it
out: memory is taken for what is there, and not for what is claimed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from engine.arrays import Array
from engine.data.folders import cache_folder
from engine.data.formats import memory
from engine.data.formats.arrays import (
    MOST_COLUMNS,
    Arrays,
    Steps,
    allotted,
    pixel_names,
    plain_size,
    readable,
)
from engine.data.formats.blocks import BLOCK, MEND, MOST_EXPANSION, Blocks
from engine.data.formats.shelf import LEAST_BYTES, Entry, sums_of
from engine.data.progress import Progress, silent
from engine.errors import LabError

VERSION = 1
"""Of what the cache keeps of pictures."""
LARGE = ("features.u1", "labels.u1")
Part = Literal["train", "t10k"]
What = Literal["images", "labels"]

MAGIC: dict[What, int] = {"images": 0x00000803, "labels": 0x00000801}
"""Unsigned bytes (08), in three dimensions or one."""
KIND: dict[What, str] = {"images": "idx3", "labels": "idx1"}
ALL: tuple[tuple[Part, What], ...] = (
    ("train", "images"),
    ("train", "labels"),
    ("t10k", "images"),
    ("t10k", "labels"),
)


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    shape: tuple[int, ...]
    """What the header says: (rows, height, width) or (rows,)."""

    @property
    def rows(self) -> int:
        return self.shape[0]

    @property
    def header(self) -> int:
        """Its length in bytes."""
        return 4 + 4 * len(self.shape)


def read(folder: Path, progress: Progress = silent) -> Arrays:
    """Return the pictures and labels of a folder as bytes, the test rows (t10k) last where there are any.

    Raises
    ------
    LabError
        With the file at fault, and what was found and expected there.
    """
    paths, notes = _found(folder)
    with readable(str(folder)):
        entry = _entry_of(paths.values())
        with entry.alone():
            arrays = entry.load(_kept)
            if arrays is None:
                arrays = _unpacked(folder, paths, progress)
                entry.save(partial(_keep, arrays))
    progress(1.0)
    return replace(arrays, notes=notes)


def _entry_of(paths: Iterable[Path]) -> Entry:
    """Return the place in the cache of packed files; plain ones are read as quickly as they would be found there."""
    size, packed, digest = 0, False, hashlib.sha256()
    for path in paths:
        plain_size(path, "an IDX file")  # a pipe would be waited for
        with Blocks(path) as blocks:
            size, packed = size + blocks.size, packed or blocks.packed
    folder = cache_folder() if packed and size >= LEAST_BYTES else None
    for path in paths if folder is not None else ():
        digest.update(f"{path.stat().st_size} ".encode())
        with path.open("rb") as opened:
            while chunk := opened.read(BLOCK):
                digest.update(chunk)
    return Entry.of(folder, size, [VERSION, "idx", digest.hexdigest()])


def _keep(arrays: Arrays, folder: Path) -> None:
    """Write pictures into a folder of the cache."""
    arrays.features.tofile(folder / "features.u1")
    arrays.targets.tofile(folder / "labels.u1")
    known = {"sums": sums_of(folder, LARGE), "shape": arrays.image_shape, "test_rows": arrays.test_rows}
    (folder / "pictures.json").write_text(json.dumps(known), encoding="utf-8")


def _kept(folder: Path) -> Arrays:
    """Return the pictures that a folder of the cache holds."""
    known = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
    height, width = map(int, known["shape"])
    if known["sums"] != sums_of(folder, LARGE):
        raise ValueError("other bytes than were written")
    features = np.fromfile(folder / "features.u1", dtype=np.uint8).reshape(-1, height * width)
    labels = np.fromfile(folder / "labels.u1", dtype=np.uint8)
    test_rows = int(known["test_rows"])
    if len(labels) != len(features) or not 0 <= test_rows < len(labels):
        raise ValueError("not as many rows as it says")
    return _of(features, labels, (height, width), test_rows)


def _of(features: Array, labels: Array, shape: tuple[int, int], test_rows: int) -> Arrays:
    names = pixel_names(*shape)
    return Arrays(features, names, labels, ("label",), image_shape=shape, test_rows=test_rows)


def _unpacked(folder: Path, paths: Mapping[tuple[Part, What], Path], progress: Progress) -> Arrays:
    """Return the pictures and labels that the files hold."""
    files = {key: _opened(path, key[1]) for key, path in paths.items()}
    images = [file for (_, what), file in files.items() if what == "images"]
    labels = [file for (_, what), file in files.items() if what == "labels"]
    _compare(images, labels)
    rows = sum(file.rows for file in images)
    height, width = images[0].shape[1:]
    memory.refuse_more_than_free(rows * (height * width + 1), str(folder))
    features = allotted(rows, height * width, np.dtype(np.uint8), str(folder))
    targets = allotted(rows, 1, np.dtype(np.uint8), str(folder))
    steps = Steps(progress, features.size + targets.size)
    # Labels first: they are soon read, and a fault in them is then soon told.
    _fill(targets, labels, steps)
    _fill(features, images, steps)
    return _of(features, targets[:, 0], (height, width), sum(file.rows for file in images[1:]))


def is_whole(folder: Path) -> bool:
    """Tell whether a folder has all four files, by their names."""
    return all(_candidates(folder, part, what) for part, what in ALL)


def _found(folder: Path) -> tuple[dict[tuple[Part, What], Path], tuple[str, ...]]:
    """Return the path of each file, and what to know of the choice; the test files may both be missing."""
    where = str(folder)
    with readable(where):
        if not folder.is_dir():
            problem = "is no folder" if folder.exists() else "is not there"
            raise LabError(problem, f"give a folder with {_name('train', 'images')}", where=where)
        candidates = {key: _candidates(folder, *key) for key in ALL}
    for part in ("train", "t10k"):
        missing = [_name(part, what) for p, what in ALL if p == part and not candidates[p, what]]
        if len(missing) == 1:
            raise LabError(
                f"holds no {missing[0]}", "pictures and their labels need each other; either may be .gz", where=where
            )
        if missing and part == "train":
            raise LabError(f"holds no {missing[0]} and no {missing[1]}", "they may be plain or end in .gz", where=where)
    notes = [
        f"{paths[0].name} is read, and not {other.name} beside it"
        for paths in candidates.values()
        for other in paths[1:]
    ]
    return {key: paths[0] for key, paths in candidates.items() if paths}, tuple(notes)


def _name(part: str, what: What) -> str:
    return f"{part}-{what}-{KIND[what]}-ubyte"


def _candidates(folder: Path, part: Part, what: What) -> list[Path]:
    """Return the files that may be meant: plain before packed, and the usual name before the older one with a dot."""
    names = [_name(part, what), f"{part}-{what}.{KIND[what]}-ubyte"]
    paths = [folder / f"{name}{end}" for end in ("", ".gz") for name in names]
    return [path for path in paths if path.is_symlink() or path.exists()]


def _opened(path: Path, what: What) -> _File:
    """Return what the header says, compared with the size of the file."""
    where = str(path)
    plain_size(path, f"a file of {what} in the format of MNIST")
    head = bytearray(4 + 4 * (3 if what == "images" else 1))
    with Blocks(path) as blocks:
        got = blocks.fill(memoryview(head))
        size, packed = blocks.size, blocks.packed
    magic = int.from_bytes(head[:4], "big")
    if got >= 4 and magic != MAGIC[what]:
        holds = next((f": it holds {other}" for other in MAGIC if MAGIC[other] == magic), "")
        raise LabError(
            f"begins with {magic:#010x}, and a file of {what} with {MAGIC[what]:#010x}{holds}",
            "is it the file that its name says?",
            where=where,
        )
    if got < len(head):
        raise LabError(f"has {got} bytes, and a header alone has {len(head)}", MEND, where=where)
    shape = tuple(int.from_bytes(head[at : at + 4], "big") for at in range(4, len(head), 4))
    says = f"its header says {' × '.join(f'{length:,}' for length in shape)}"
    if 0 in shape:
        raise LabError(f"holds no {what}: {says}", MEND, where=where)
    if math.prod(shape[1:]) > MOST_COLUMNS:
        raise LabError(
            f"has pictures that are too large: {says}", f"at most {MOST_COLUMNS:,} pixels can be read", where=where
        )
    needs = len(head) + math.prod(shape)
    if (size != needs) if not packed else (needs > size * MOST_EXPANSION):
        has = f"{size:,} packed bytes" if packed else f"{size:,} bytes"
        raise LabError(f"has {has}, and needs {needs:,}: {says}", MEND, where=where)
    return _File(path, shape)


def _compare(images: list[_File], labels: list[_File]) -> None:
    """Refuse parts that do not belong together."""
    for pictures, named in zip(images, labels, strict=True):
        if pictures.rows != named.rows:
            raise LabError(
                f"has {named.rows:,} labels, and {pictures.path.name} has {pictures.rows:,} pictures",
                "they belong to different sets",
                where=str(named.path),
            )
    for other in images[1:]:
        if other.shape[1:] != images[0].shape[1:]:
            here, there = (f"{file.shape[1]} × {file.shape[2]}" for file in (other, images[0]))
            raise LabError(
                f"has pictures of {here}, and {images[0].path.name} of {there}",
                "they belong to different sets",
                where=str(other.path),
            )


def _fill(rows: Array, files: list[_File], steps: Steps) -> None:
    """Read files one after the other into the rows, without a copy of the whole."""
    view = rows.reshape(-1).data
    for file in files:
        size = math.prod(file.shape)
        part, view = view[:size], view[size:]
        with Blocks(file.path) as blocks:
            blocks.fill(memoryview(bytearray(file.header)))
            for start in range(0, size, BLOCK):
                block = part[start : start + BLOCK]
                got = blocks.fill(block)
                if got < len(block):
                    raise LabError(
                        f"ends after {file.header + start + got:,} of {file.header + size:,} bytes",
                        MEND,
                        where=str(file.path),
                    )
                steps.take(got)
            if not blocks.is_over():
                raise LabError(
                    f"holds more than the {file.header + size:,} bytes that its header says",
                    MEND,
                    where=str(file.path),
                )

"""Small folders of pictures in the format of MNIST."""

from __future__ import annotations

import gzip

import numpy as np

IMAGES, LABELS = 0x803, 0x801


def idx(values, magic=None, shape=None):
    """Return the bytes of an IDX file of unsigned bytes; its header may be made to lie."""
    values = np.asarray(values, dtype=np.uint8)
    magic = magic if magic is not None else 0x800 | values.ndim
    lengths = values.shape if shape is None else shape
    return magic.to_bytes(4, "big") + b"".join(length.to_bytes(4, "big") for length in lengths) + values.tobytes()


def some(rows, height=28, width=28, classes=10, seed=0):
    """Return pictures (rows, height, width) and labels (rows,), the classes by turns."""
    pictures = np.random.default_rng(seed).integers(0, 256, (rows, height, width), dtype=np.uint8)
    return pictures, (np.arange(rows) % classes).astype(np.uint8)


def folder_of(folder, train=None, test=None, packed=False):
    """Write the two or four files of a set and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, content in (("train", train), ("t10k", test)):
        if content is not None:
            for kind, values in zip(("images-idx3", "labels-idx1"), content, strict=True):
                data = idx(values)
                name = f"{part}-{kind}-ubyte"
                (folder / f"{name}.gz" if packed else folder / name).write_bytes(
                    gzip.compress(data, 1, mtime=0) if packed else data
                )
    return folder

"""Reads the data sets of pictures that `lossbook fetch` downloads: too large, or not ours, to come along."""

from __future__ import annotations

import numpy as np

from engine.data.folders import data_folder
from engine.data.formats import idx
from engine.data.progress import Progress, silent
from engine.data.table import Table
from engine.errors import LabError


def is_here(name: str) -> bool:
    """Tell whether a downloaded data set is on this machine, by the names of its files."""
    folder = data_folder()
    return folder is not None and idx.is_whole(folder / name)


def read(name: str, size: str, target: str, classes: tuple[str, ...], progress: Progress = silent) -> Table:
    """Return the pictures of a data set as bytes, its test rows last.

    Parameters
    ----------
    name
        Of the data set and of its folder.
    size
        How much a download is, for the error that asks for one.
    target
        What a label says.
    classes
        What the labels from 0 mean.
    progress
        Is told the share that has been read.

    Raises
    ------
    LabError
        If it is not or only partly here, or is not what it should be.
    """
    folder = data_folder()
    if folder is None or not is_here(name):
        partly = folder is not None and (folder / name).exists()
        raise LabError(
            f"{name} is {'only partly' if partly else 'not'} on this machine",
            f"lossbook fetch {name} downloads it ({size})",
        )
    arrays = idx.read(folder / name, progress)
    wrong = arrays.targets >= len(classes)
    if wrong.any():
        row = int(wrong.argmax())
        raise LabError(
            f"has the label {arrays.targets[row]} in row {row + 1}, and only {len(classes)} classes",
            f"delete the folder, and fetch {name} again",
            where=str(folder / name),
        )
    return Table(
        features=arrays.features,
        feature_names=arrays.feature_names,
        targets=arrays.targets.astype(np.int64),
        target_names=(target,),
        classes=classes,
        test_rows=arrays.test_rows,
        image_shape=arrays.image_shape,
        notes=arrays.notes,
    )

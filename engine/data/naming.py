"""What data are called by what they hold."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # At run time tables are made of sheets, which have names too.
    from engine.data.table import Table

BLOCK_ROWS = 4_096


def hash_of(table: Table) -> str:
    """Return the SHA-256 of names and values, hexadecimal, the same on machines of either byte order."""
    words = [table.feature_names, table.target_names, table.classes]
    digest = hashlib.sha256(json.dumps(words).encode())
    for values in (table.features, table.targets, table.dates):
        if values is None:
            continue
        for start in range(0, table.rows, BLOCK_ROWS):
            block = values[start : start + BLOCK_ROWS]
            ordered = block.astype(block.dtype.newbyteorder("<"))
            if not start:
                digest.update(f"{ordered.dtype.str}{values.shape}".encode())
            digest.update(ordered.tobytes())
    return digest.hexdigest()


def whole_of(table: Table) -> str:
    """Return the name of the data from which a table's columns were chosen, whichever were."""
    return table.whole or hash_of(table)


def whole_of_both(first: str, second: str) -> str:
    """Return the name of two data of which the rows of one follow those of the other."""
    return hashlib.sha256(f"{first} {second}".encode()).hexdigest()

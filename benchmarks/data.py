"""How long it takes to read data, in how much memory, against NumPy and pandas; and how soon bad input is told.

    python benchmarks/data.py [--megabytes 100] [--rounds 3] [--json FILE]

Files are made anew, of random numbers. Each reading happens in a process of its own, up to the float32 array that
networks train on; memory is the most that the process held, less what it held before, over the size of that array.
pandas is compared with where it is installed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEMORY_GOAL = 2.5
MESSAGE_GOAL = 1.0
BUNDLED_GOAL = 400_000
COLUMNS = 55
IMAGES, TESTS = 60_000, 10_000
WORDS = ("red", "green", "blue", "violet", "orange")

READERS = {
    "lossbook": """
from engine.batches import Feed
from engine.data import prepare
from engine.data.sources import OwnFile
from engine.experiment import Data
def read(path):
    return Feed(prepare(Data(OwnFile(path, missing="mean")), 0)).rows
""",
    "numpy": """
import gzip
from pathlib import Path
import numpy as np
def read(path):
    if Path(path).is_dir():
        parts = [gzip.open(f"{path}/{part}-images-idx3-ubyte.gz").read()[16:] for part in ("train", "t10k")]
        return np.concatenate([np.frombuffer(part, np.uint8) for part in parts]).reshape(-1, 784).astype(np.float32)
    return np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)
""",
    "pandas": """
import numpy as np
import pandas
def read(path):
    frame = pandas.read_csv(path)
    words = [name for name in frame if frame[name].dtype.kind not in "fi"]
    frame = pandas.get_dummies(frame, columns=[name for name in words if name != "day"], dtype=np.float32)
    if "day" in frame:
        frame["day"] = pandas.to_datetime(frame["day"]).astype("int64") / 86_400e9
    return frame.fillna(frame.mean()).to_numpy(dtype=np.float32)
""",
}
MEASURED = """
import json, resource, sys, time
{reader}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
array = read(sys.argv[1])
seconds = time.perf_counter() - started
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({{"seconds": seconds, "memory": held * 1024 / array.nbytes, "megabytes": array.nbytes / 1e6}}))
"""


def plain(path: Path, megabytes: int) -> None:
    """Write columns of numbers, about so many megabytes of text."""
    import numpy as np

    rng = np.random.default_rng(0)
    with path.open("w") as opened:
        opened.write(",".join([*(f"x{column}" for column in range(COLUMNS - 1)), "y"]) + "\n")
        while opened.tell() < megabytes * 1_000_000:
            for row in rng.normal(size=(2_000, COLUMNS)).tolist():
                opened.write(",".join([f"{value:.6f}" for value in row]) + "\n")


def mixed(path: Path, megabytes: int) -> None:
    """Write numbers with gaps, words and a day."""
    import numpy as np

    rng = np.random.default_rng(0)
    names = [*(f"x{column}" for column in range(40)), *(f"w{column}" for column in range(10)), "day", "y"]
    with path.open("w") as opened:
        opened.write(",".join(names) + "\n")
        day = np.datetime64("2000-01-01")
        while opened.tell() < megabytes * 1_000_000:
            gaps, words = rng.random((2_000, 40)) < 0.02, rng.choice(WORDS, (2_000, 10)).tolist()
            for row, numbers in enumerate(rng.normal(size=(2_000, 41)).tolist()):
                cells = ["NA" if gap else f"{x:.6f}" for x, gap in zip(numbers, gaps[row], strict=False)]
                opened.write(",".join([*cells, *words[row], str(day), f"{numbers[40]:.6f}"]) + "\n")
            day += 1


def pictures(folder: Path) -> None:
    """Write a folder in the format of MNIST, with blots that compress about as well as digits do."""
    import numpy as np

    folder.mkdir()
    y, x = np.mgrid[:28, :28]
    for part, rows in (("train", IMAGES), ("t10k", TESTS)):
        rng = np.random.default_rng(rows)
        middle = rng.uniform(8, 20, (2, rows, 1, 1))
        width = rng.uniform(3, 6, (rows, 1, 1))
        with gzip.open(folder / f"{part}-images-idx3-ubyte.gz", "wb", compresslevel=1) as opened:
            opened.write(b"".join(number.to_bytes(4, "big") for number in (0x803, rows, 28, 28)))
            for start in range(0, rows, 2_000):
                some = slice(start, start + 2_000)
                distance = (y - middle[0, some]) ** 2 + (x - middle[1, some]) ** 2
                opened.write((255 * np.exp(-distance / (2 * width[some] ** 2))).astype(np.uint8).tobytes())
        with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz", "wb") as opened:
            opened.write(b"".join(number.to_bytes(4, "big") for number in (0x801, rows)))
            opened.write(rng.integers(0, 10, rows).astype(np.uint8).tobytes())


def measured(reader: str, path: Path, cache: Path | None) -> dict[str, float]:
    """Return seconds and memory of one reading in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "LOSSBOOK_CACHE"}
    environment |= {"OPENBLAS_NUM_THREADS": "1"} | ({"LOSSBOOK_CACHE": str(cache)} if cache else {})
    command = [sys.executable, "-c", MEASURED.format(reader=READERS[reader]), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compared(path: Path, rounds: int, folder: Path) -> dict[str, dict[str, float]]:
    """Return the medians of each reader, all in turn; the second reading of ours comes from the cache."""
    readers = ["lossbook"]
    if path.name != "mixed.csv":
        readers.append("numpy")
    if path.suffix and _there("pandas"):
        readers.append("pandas")
    found: dict[str, list[dict[str, float]]] = {}
    cache = folder / "cache"
    measured("lossbook", path, cache)
    for _ in range(rounds):
        for reader in readers:
            found.setdefault(reader, []).append(measured(reader, path, None))
        found.setdefault("lossbook, again", []).append(measured("lossbook", path, cache))
    return {
        reader: {key: statistics.median(one[key] for one in all_) for key in all_[0]} for reader, all_ in found.items()
    }


def _there(package: str) -> bool:
    command = [sys.executable, "-c", f"import {package}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def messages(folder: Path) -> dict[str, float]:
    """Return how long a bad file takes to be refused, in seconds, each a gigabyte long where it is one of text."""
    from engine.data.loading import load
    from engine.data.sources import OwnFile
    from engine.errors import LabError
    from engine.experiment import Data

    starts = {
        "ragged row": b"a,b\n1,2\n3\n",
        "open quote": b'a,b\n1,"2\n3,4\n',
        "NUL byte": b"a,b\n1,2\n\0,3\n",
        "Latin-1": b"a,b\n1,caf\xe9\n",
        "UTF-16": "a,b\n1,2\n".encode("utf-16"),
        "two delimiters": b"a,b;c\n1,2;3\n",
        "no header": b"1,2\n3,4\n",
    }
    found = {}
    for name, start in starts.items():
        path = folder / "bad.csv"
        path.write_bytes(start + b"5,6\n" * 100_000)
        os.truncate(path, 1 << 30)
        found[name] = _refused(lambda path=path: load(Data(OwnFile(str(path))), 0), LabError)
        path.unlink()
    os.mkfifo(folder / "fifo")
    for name, path in (("FIFO", folder / "fifo"), ("/dev/zero", Path("/dev/zero")), ("no pictures", folder)):
        found[name] = _refused(lambda path=path: load(Data(OwnFile(str(path))), 0), LabError)
    return found


def _refused(work, error: type[Exception]) -> float:
    started = time.perf_counter()
    try:
        work()
    except error:
        return time.perf_counter() - started
    raise SystemExit("a bad file was read")


def bundled() -> int:
    """Return the bytes of all tables that come along."""
    from importlib.resources import files

    return sum(
        len(entry.read_bytes())
        for entry in files("engine.data").joinpath("files").iterdir()
        if entry.name.endswith("gz")
    )


def main() -> None:
    """Measure all, print a table, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=100, help="of text in a CSV file (default 100)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--case", help="only this one")
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args()
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = {"plain.csv": plain, "mixed.csv": mixed, "pictures": lambda path, _: pictures(path)}
        for case, make in cases.items():
            if options.case not in {None, case}:
                continue
            make(folder / case, options.megabytes)
            found[case] = compared(folder / case, options.rounds, folder)
            for reader, figures in found[case].items():
                goal = f" (goal {MEMORY_GOAL})" if reader == "lossbook" else ""
                print(
                    f"{case:10} {reader:16} {figures['seconds']:6.2f} s  {figures['memory']:5.2f} x"
                    f" {figures['megabytes']:.0f} MB{goal}",
                    file=sys.stderr,
                )
        if options.case is None:
            found["messages"] = messages(folder)
            slowest = max(found["messages"], key=found["messages"].get)
            print(
                f"slowest message: {slowest} {found['messages'][slowest]:.3f} s (goal {MESSAGE_GOAL})", file=sys.stderr
            )
            found["bundled"] = bundled()
            print(f"bundled: {found['bundled']:,} bytes (goal {BUNDLED_GOAL:,})", file=sys.stderr)
    text = json.dumps(found, indent=1)
    if options.json:
        options.json.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()

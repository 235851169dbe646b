"""Runs in a namespace of its own (`unshare -rm`): mounts a file system of 1 MB, fills it while a study trains there,
makes room again, and prints as JSON what happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sessions import codec, journal

PATIENCE = 60.0
EXPERIMENT = """\
title = "crowded"
restarts = 2
[data]
name = "digits"
[model]
hidden = [48]
[training]
batch_size = 8
epochs = 1_000_000
"""
DRIVER = """
import sys
from sessions import recorder
recorder.SAVE_SECONDS = 0.5
from tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


def wait_for(condition, what):
    give_up = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > give_up:
            raise SystemExit(f"still not {what}")
        time.sleep(0.02)


def fill(path):
    """Take all the room that there is."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    size = 1 << 16
    while size:
        try:
            os.write(descriptor, b"x" * size)
        except OSError:
            size //= 2
    os.close(descriptor)


def epochs_in(path):
    """Return the last epoch of each run in a journal, and whether they are all there from the first one on."""
    last, whole = {}, True
    for event in journal.read(path):
        if type(event).__name__ == "EpochEnded":
            for run in event.runs:
                whole = whole and event.epoch == last.get(run, 0) + 1
                last[run] = event.epoch
    return sum(last.values()), whole


def main(work, ending):
    small = Path(work) / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    experiment, log = Path(work) / "crowded.toml", Path(work) / "log"
    experiment.write_text(EXPERIMENT)
    command = [sys.executable, "-P", "-c", DRIVER, "--sessions", str(small / "pages"), "run", str(experiment)]
    with log.open("wb") as words:
        process = subprocess.Popen([*command, "--workers", "1"], stdout=words, stderr=words)
    try:
        pages = small / "pages"
        wait_for(lambda: any(b"EpochEnded" in path.read_bytes() for path in pages.glob("*.journal")), "training")
        (written,) = pages.glob("*.journal")
        fill(small / "filler")
        wait_for(lambda: b"No space left" in log.read_bytes(), "told")
        fill(small / "filler")
        full = epochs_in(written)
        time.sleep(0.5)
        said = {"full": full, "readable": epochs_in(written)[1], "alive": process.poll() is None}
        if ending == "room":
            (small / "filler").unlink()
            wait_for(lambda: b"works again" in log.read_bytes(), "at work again")
            wait_for(lambda: epochs_in(written)[0] > full[0], "written on")
            said["after"] = epochs_in(written)
        process.send_signal(signal.SIGTERM)
        said["status"] = process.wait(PATIENCE)
        if ending != "room":
            (small / "filler").unlink()
            said["listed"] = subprocess.run(
                [sys.executable, "-P", "-m", "tui", "--sessions", str(pages), "list"],
                capture_output=True, text=True, check=False,
            ).stderr  # fmt: skip
        said["files"] = sorted(path.name for path in pages.iterdir())
        said["log"] = log.read_text()
        (page,) = [codec.read_page(path) for path in pages.glob("*.toml")]
        said["page"] = [page.record.status, page.warning, sum(run.epoch for run in page.record.runs)]
        print(json.dumps(said))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])

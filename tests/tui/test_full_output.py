"""Standard output that cannot be written is told in one line; no other failure is taken for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from notebook import saved_page
from terminal import LOSSBOOK

from tui import cli
from tui.cli import main


@pytest.mark.parametrize(
    "command",
    [["list"], ["show", "wine"], ["export", "wine", "--to", "csv"], ["replay", "wine", "--plain"], ["new"]],
    ids=" ".join,
)
def test_a_full_disk_behind_standard_output_is_one_line(tmp_path, command):
    saved_page(tmp_path, "wine")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*LOSSBOOK, "--sessions", str(tmp_path), *command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stderr == "lossbook: standard output cannot be written: No space left on device\n"
    assert done.returncode == 2


def test_another_failure_is_not_taken_for_it(tmp_path, monkeypatch):
    def fails(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "_command", lambda _: fails)
    with pytest.raises(OSError, match="No space"):
        main(["--sessions", str(tmp_path), "list"])

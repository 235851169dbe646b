"""A file system of 1 MB that is really full: what happens is told, training goes on, and is saved when room is made."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from disk import strays

SCRIPT = Path(__file__).with_name("small_disk.py")


def unshared(*command):
    """Return a command as it runs where it may mount what it likes, and nobody else sees it."""
    return ["unshare", "--user", "--map-root-user", "--mount", *map(str, command)]


@pytest.fixture(scope="module", autouse=True)
def _may_mount(tmp_path_factory):
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare(1) to mount a small file system with")
    probe = unshared("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path_factory.mktemp("probe"))
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")


def happened(folder, ending):
    command = unshared(sys.executable, "-P", SCRIPT, folder, ending)
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, env=environment)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["alive"], said["log"]
    assert "Traceback" not in said["log"]
    assert said["readable"], "the journal has a hole"
    told = [line for line in said["log"].splitlines() if line.startswith("lossbook:")]
    assert "No space left" in told[0]
    assert "free some space" in told[0]
    assert len(told) <= 4, "it is told once and not again and again"
    assert not strays(said["files"])
    assert not [name for name in said["files"] if name.endswith(".journal")]
    return said


def test_when_room_is_made_everything_is_saved(tmp_path):
    said = happened(tmp_path, "room")
    assert said["after"][1], "the journal has a hole"
    assert said["after"][0] > said["full"][0]
    status, warning, epochs = said["page"]
    assert (status, warning) == ("stopped", "")
    assert epochs >= said["after"][0]
    assert said["status"] == 128 + signal.SIGTERM


def test_a_disk_that_stays_full_costs_nothing_that_was_acknowledged(tmp_path):
    said = happened(tmp_path, "none")
    status, warning, epochs = said["page"]
    assert said["status"] == 1
    assert "cannot be saved" in said["log"]
    assert "recovered to epoch" in said["listed"]
    assert status in {"interrupted", "stopped"}
    assert not warning
    assert epochs >= said["full"][0]

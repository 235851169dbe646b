"""The benchmarks still run: what they measure is looked at by people, not here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("floor.py", ["--case", "2-4-2-1, batch 10", "--rounds", "1"]),
        ("peers.py", ["--case", "2-4-2-1, batch 10", "--rounds", "1", "--seconds", "0.02"]),
        ("studies.py", ["--case", "planning", "--rounds", "1"]),
        ("data.py", ["--case", "mixed.csv", "--rounds", "1", "--megabytes", "1"]),
        ("coverage.py", ["--case", "0-1, 100 rows", "--comparisons", "20"]),
    ],
)
def test_a_case_is_measured(script, options):
    command = [sys.executable, str(BENCHMARKS / script), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)

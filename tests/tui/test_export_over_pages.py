"""An export never takes the place of a page, or of what the notebook keeps beside it."""

from __future__ import annotations

import pytest
from notebook import saved_page

from tui.cli import main


@pytest.mark.parametrize(
    "name", ["wine.toml", "other.toml", "wine.npz", "wine.journal", "wine.lock", "wine.toml.bak", ".index.json"]
)
def test_a_name_of_the_notebook_is_refused_even_by_force(tmp_path, capsys, name):
    saved_page(tmp_path, "wine")
    (tmp_path / "inside").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    for out in (tmp_path / name, tmp_path / "inside" / ".." / name):
        status = main(["--sessions", str(tmp_path), "export", "wine", "--to", "csv", "--out", str(out), "--force"])
        said = capsys.readouterr()
        assert (status, said.out, said.err.count("\n")) == (2, "", 1)
        assert "keeps for its pages" in said.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_another_name_in_the_folder_of_pages_is_written(tmp_path, capsys):
    saved_page(tmp_path, "wine")
    out = tmp_path / "wine.csv"
    assert main(["--sessions", str(tmp_path), "export", "wine", "--to", "csv", "--out", str(out)]) == 0
    assert out.read_text().startswith("label,")
    assert "wrote" in capsys.readouterr().err

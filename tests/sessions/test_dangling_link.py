"""A link in the place of a page that leads nowhere."""

from __future__ import annotations

import pytest

from engine.errors import LabError
from sessions.store import Store
from tui.cli import main


def test_a_link_that_leads_nowhere_is_said_to_be_one(tmp_path):
    (tmp_path / "dangling.toml").symlink_to(tmp_path / "nothing.toml")
    with pytest.raises(LabError, match="leads nowhere"):
        Store(tmp_path).find("dangling")


def test_a_list_says_it_once(tmp_path, capsys):
    (tmp_path / "dangling.toml").symlink_to(tmp_path / "nothing.toml")
    assert main(["--sessions", str(tmp_path), "list"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "cannot be read: is a link that leads nowhere; delete it, or put back what it led to" in said
    (tmp_path / "dangling.toml").unlink()
    (tmp_path / "folder.toml").mkdir()
    main(["--sessions", str(tmp_path), "list"])
    assert capsys.readouterr().out.count("cannot be read") == 1

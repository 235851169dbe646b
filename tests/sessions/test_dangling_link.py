"""A link in the place of a page that leads nowhere."""

from __future__ import annotations

import pytest

from engine.errors import LabError
from sessions.store import Store


def test_a_link_that_leads_nowhere_is_said_to_be_one(tmp_path):
    (tmp_path / "dangling.toml").symlink_to(tmp_path / "nothing.toml")
    with pytest.raises(LabError, match="leads nowhere"):
        Store(tmp_path).find("dangling")

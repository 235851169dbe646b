"""What is said of TOML from outside that is not read."""

from __future__ import annotations

import pytest

from engine.errors import LabError
from sessions import guarded


@pytest.mark.parametrize("text", [f"seed = {'9' * 5_000}", f"seed = [-{'9' * 5_000}]"])
def test_a_number_that_is_too_long_is_said_to_be(text):
    with pytest.raises(LabError) as caught:
        guarded.loads(text, "page.toml")
    assert str(caught.value).startswith("page.toml: is not valid TOML: a whole number in it is too long")
    assert "sys." not in str(caught.value)

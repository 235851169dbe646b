"""A [record] that is damaged is told in plain words."""

from __future__ import annotations

import pytest

from engine.errors import LabError
from sessions import record_codec


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"status": "finished", "data": {"name": "wine"}}, "'features' is missing"),
        ({"status": "x", "runs": [1]}, "kind"),
    ],
)
def test_what_is_missing_or_of_another_kind_is_said_without_names_of_python(table, says):
    with pytest.raises(LabError) as caught:
        record_codec.read(table)
    assert says in str(caught.value)
    assert "__init__" not in str(caught.value)
    assert "iterable" not in str(caught.value)

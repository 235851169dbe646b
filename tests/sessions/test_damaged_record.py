"""A [record] that is damaged is told in plain words."""

from __future__ import annotations

import pytest

from engine.errors import LabError
from sessions import record_reader


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"status": "finished", "data": {"name": "wine"}}, "'features' is missing in [record.data]"),
        ({"status": "x", "runs": [{"label": "a"}, 1]}, "of another kind in its place in [[record.runs]] number 2"),
        ({"status": "x", "runs": [{"label": "a", "setting": -1}]}, "out of range in [[record.runs]] number 1"),
        ({"status": "x", "branch": {"parent": "p"}}, "'turns' is missing in [record.branch]"),
        ({"status": "x", "interventions": [{"runs": [0]}]}, "'update' is missing in [[record.interventions]] number 1"),
        ({"status": "x", "baselines": [{}]}, "'name' is missing in [[record.baselines]] number 1"),
        ({"runs": []}, "[record] is damaged: 'status' is missing"),
    ],
)
def test_what_is_missing_or_of_another_kind_is_said_without_names_of_python(table, says):
    with pytest.raises(LabError) as caught:
        record_reader.read(table)
    assert says in str(caught.value)
    assert "__init__" not in str(caught.value)
    assert "iterable" not in str(caught.value)

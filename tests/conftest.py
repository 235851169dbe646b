"""For all tests: one BLAS thread, as in a worker, and Hypothesis that finds the same examples every time."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from engine import threads

# Before anything imports NumPy: the tests compare bits with those of workers.
os.environ.update(threads.environment(1))

# Programs that the tests start import what was compiled before, as on the machine of a person: some hundreds of workers
# would each compile the engine anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What is tested for each data set that is here must not depend on what a person has downloaded.
os.environ.pop("LOSSBOOK_DATA", None)

# Not the folder of the tests itself: its `engine` and `sessions` would pass for the packages.
sys.path.insert(0, str(Path(__file__).parent / "helpers"))

QUIET = [HealthCheck.too_slow]
# Without shrinking: a failure of a test that trains networks would take minutes to be told.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
settings.register_profile(
    "steady", derandomize=True, deadline=None, max_examples=50, phases=PHASES, suppress_health_check=QUIET
)
# `pytest --hypothesis-profile deep` looks for new examples, and for the smallest that fails.
settings.register_profile("deep", deadline=None, max_examples=1_000, suppress_health_check=QUIET)
settings.load_profile("steady")


@pytest.fixture(autouse=True, scope="session")
def _folders_of_their_own(tmp_path_factory):
    """Keep the tests out of the folders of whoever runs them."""
    os.environ["LOSSBOOK_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["LOSSBOOK_DATA"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True, scope="session")
def _rare_collections():
    """Look for garbage seldom, and never among the modules: with an app open each search of all objects takes long."""
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    yield
    gc.set_threshold(*before)

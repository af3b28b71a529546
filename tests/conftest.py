"""What all tests share: which build is tested, the seed of random tests, the feature report.

Rule 1: `QAIL_EXPECT` (`pure` or `compiled`) names the build a run is for; another build ends the run before a test. The
compiled one must come from where it was installed, never from a checkout.
Rule 2: helpers of the tests are imported as `support.name`, tools and examples as `name`: their folders are put on
`sys.path` here.
Rule 3: every random choice comes from one seed, which the header prints: `QAIL_SEED=N` repeats a run.
"""

from __future__ import annotations

import importlib
import os
import random
import secrets
import sys
import zlib
from pathlib import Path

import hypothesis
import pytest

import qail

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE, HERE.parent / "tools", HERE.parent / "examples")
sys.path[:0] = [str(path) for path in FOLDERS if str(path) not in sys.path]

# Their helpers assert, too.
pytest.register_assert_rewrite("chaos")
pytest_plugins = ["support.feature_plugin", "support.server_fixtures"]
# Before anything has asked for a temporary folder.
importlib.import_module("support.scratch").keep_data_in_memory()

# What several processes run (pytest-xdist) has the one seed of the process that started them.
SEED = int(os.environ.get("QAIL_SEED") or os.environ.setdefault("QAIL_RUN_SEED", str(secrets.randbelow(2**32))))

# Tests time nothing: a loaded machine is no reason to fail.
hypothesis.settings.register_profile(
    "default", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
for _name, _examples in (("ci", 60), ("long", 2_000), ("fuzz", int(os.environ.get("QAIL_FUZZ_EXAMPLES") or 2_000))):
    hypothesis.settings.register_profile(_name, hypothesis.settings.get_profile("default"), max_examples=_examples)


def build_fault(expected: str) -> str:
    """Why this is not the build that the run is for; empty if it is."""
    if qail.IMPLEMENTATION != expected:
        return f"QAIL_EXPECT is {expected!r}, but qail.IMPLEMENTATION is {qail.IMPLEMENTATION!r}"
    home = Path(qail.__file__).resolve()
    if expected == "compiled" and Path(sys.prefix).resolve() not in home.parents:
        return f"the compiled qail must come from {sys.prefix}, not from {home}"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check the build; load the hypothesis profile; give hypothesis the seed where runs are to be repeated."""
    expected = os.environ.get("QAIL_EXPECT", "")
    if expected and (fault := build_fault(expected)):
        raise pytest.UsageError(fault)
    is_automatic = bool(expected or os.environ.get("CI"))
    profile = os.environ.get("QAIL_HYPOTHESIS", "ci" if is_automatic else "default")
    hypothesis.settings.load_profile(profile)
    # A fixed seed turns hypothesis' memory of failing examples off, so a developer's own runs keep theirs.
    is_seeded = is_automatic or "QAIL_SEED" in os.environ
    if is_seeded and config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = str(SEED)


def pytest_report_header() -> list[str]:
    """The build under test and the seed."""
    return [f"qail {qail.IMPLEMENTATION} from {Path(qail.__file__).parent}", f"QAIL_SEED={SEED}"]


@pytest.fixture
def random_source(request: pytest.FixtureRequest) -> random.Random:
    """A random source of this test's own, from the run's seed and the test's name."""
    return random.Random(SEED ^ zlib.crc32(request.node.nodeid.encode()))

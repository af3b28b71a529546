"""`classify`: one word for every SQLSTATE and every error of qail, and the page that publishes them."""

from __future__ import annotations

import re
from typing import Any

import pytest

import qail.errors
from qail import sqlstate
from qail.errors import (
    AuthError,
    ConnectError,
    DeadlineExceeded,
    OutcomeUnknown,
    PipelineAborted,
    PostgresError,
    QailError,
    TlsError,
)
from qail.pg._generated.sqlstates import BY_CODE
from qail.pg.steps.verdict import classify
from support.source import ROOT

VERDICTS = {"broken", "transient", "permanent"}
PAGE = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
PUBLISHED = dict(re.findall(r"^\| `(\w+)` \| .* \| (\w+) \|$", PAGE, re.MULTILINE))


def server_error(code: str, severity: str = "ERROR") -> PostgresError:
    return sqlstate.error_class(code)(fields={"C": code, "V": severity})


@pytest.mark.feature("RT1")
@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_sqlstate_has_the_published_verdict(code: str) -> None:
    published = PUBLISHED.get(code) or PUBLISHED[code[:2]]

    assert classify(server_error(code)) == published
    assert published in VERDICTS


@pytest.mark.feature("RT1")
def test_the_page_has_every_class() -> None:
    assert {code[:2] for code in BY_CODE} <= set(PUBLISHED)


@pytest.mark.feature("RT1")
@pytest.mark.parametrize(
    ("code", "severity", "verdict"),
    [
        ("57P03", "FATAL", "transient"),
        ("53300", "FATAL", "transient"),
        ("55P03", "ERROR", "transient"),
        ("25006", "ERROR", "broken"),
        ("57P01", "FATAL", "broken"),
        ("40001", "FATAL", "broken"),
        ("23505", "FATAL", "broken"),
        ("28P01", "FATAL", "permanent"),
        ("3D000", "FATAL", "permanent"),
        ("XX001", "PANIC", "permanent"),
        ("57P04", "FATAL", "permanent"),
        ("08P01", "FATAL", "broken"),
        ("53ZZZ", "ERROR", "transient"),
        ("ZZ001", "ERROR", "permanent"),
        ("", "ERROR", "permanent"),
        ("", "FATAL", "broken"),
    ],
)
def test_hard_cases_are_decided(code: str, severity: str, verdict: str) -> None:
    assert classify(server_error(code, severity)) == verdict


def own_errors() -> list[type[QailError]]:
    found = [each for each in vars(qail.errors).values() if isinstance(each, type) and issubclass(each, QailError)]
    return [each for each in found if not issubclass(each, PostgresError)]


@pytest.mark.feature("RT1")
@pytest.mark.parametrize("kind", own_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_our_own_has_a_verdict_and_is_published(kind: type[QailError]) -> None:
    assert classify(kind("it failed")) in VERDICTS
    is_a_base = kind in (QailError, qail.errors.ResultError, qail.errors.PoolError)
    assert is_a_base or f"`{kind.__name__}`" in PAGE


@pytest.mark.feature("RT1")
@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (qail.errors.UsageError("no"), "permanent"),
        (qail.errors.DecodeError("no"), "permanent"),
        (qail.errors.PoolTimeout("no"), "transient"),
        (qail.errors.PoolClosed("no"), "permanent"),
        (ConnectError("no", reason="refused"), "transient"),
        (ConnectError("no", reason="dns"), "transient"),
        (ConnectError("no", reason="rejected"), "permanent"),
        (AuthError("no"), "permanent"),
        (TlsError("no"), "permanent"),
        (DeadlineExceeded("late"), "transient"),
        (DeadlineExceeded("late", connection_spent=True), "broken"),
        (OutcomeUnknown("lost"), "broken"),
        (qail.errors.ProtocolError("no"), "broken"),
        (qail.errors.CommitRejected("no"), "transient"),
        (qail.errors.StatementInvalidated("no"), "transient"),
        (PipelineAborted("skipped", cause=server_error("40001")), "transient"),
        (PipelineAborted("skipped", cause=server_error("23505")), "permanent"),
        (ValueError("not ours"), "permanent"),
        (KeyboardInterrupt(), "permanent"),
    ],
)
def test_errors_of_our_own(error: BaseException, verdict: str) -> None:
    assert classify(error) == verdict


@pytest.mark.parametrize(("code", "verdict"), [("57P01", "transient"), ("3D000", "permanent"), ("08P01", "permanent")])
def test_a_refused_connection_is_judged_by_what_the_server_said(code: str, verdict: str) -> None:
    refused: Any = ConnectError("no", reason="rejected")
    refused.__cause__ = server_error(code, "FATAL")

    assert classify(refused) == verdict

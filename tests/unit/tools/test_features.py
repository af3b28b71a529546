"""tools/features.py and its pytest plugin: what the feature table says of the tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import features
from features import Evidence
from support.feature_plugin import FeatureReport, read_mark

TABLE = """
id | capability | checkable behaviour | who | rank
---|---|---|---|---
**Entry** | | | |
AA1 | One | It does \\| this | x(p) | core
AA2 | Two | It does that | - | wanted
BB1 | Three | Not yet | - | beyond

system | ids that must work | not taken
AA1-2 and so on | CN1 |
"""


def test_the_table_gives_each_row_its_rank_in_order() -> None:
    assert list(features.read_table(TABLE).items()) == [("AA1", "core"), ("AA2", "wanted"), ("BB1", "beyond")]


def test_the_project_table_has_its_183_rows() -> None:
    ranks = features.read_table(features.TABLE.read_text(encoding="utf-8"))

    assert len(ranks) == 183
    assert ranks["PR4"] == "core"


def test_a_row_that_stands_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="AA1 twice"):
        features.read_table(TABLE + "AA1 | One | again | - | core\n")


def test_a_row_of_no_known_rank_is_an_error() -> None:
    with pytest.raises(ValueError, match="row CC1"):
        features.read_table(TABLE + "CC1 | One | again | - | some day\n")


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (Evidence(), "none"),
        (Evidence(skipped=3), "none"),
        (Evidence(skipped=3, missing=("a",)), "none"),
        (Evidence(passed=1), "passed"),
        (Evidence(passed=1, skipped=3), "passed"),
        (Evidence(passed=9, missing=("a",)), "partial"),
        (Evidence(passed=9, failed=1), "failed"),
        (Evidence(passed=9, failed=1, missing=("a",)), "failed"),
    ],
)
def test_the_state_of_a_row(evidence: Evidence, state: str) -> None:
    assert evidence.state() == state


def test_a_line_for_each_row_and_a_total_for_each_rank() -> None:
    evidence = {"AA1": Evidence(passed=2), "AA2": Evidence(passed=1, skipped=1, missing=("half",))}

    assert features.lines(features.read_table(TABLE), evidence) == [
        "AA1 core passed 2",
        "AA2 wanted partial 1",
        "BB1 beyond none 0",
        "core: 1 rows: 1 passed, 0 partial, 0 failed, 0 none",
        "wanted: 1 rows: 0 passed, 1 partial, 0 failed, 0 none",
        "beyond: 1 rows: 0 passed, 0 partial, 0 failed, 1 none",
    ]


def test_evidence_for_a_row_that_the_table_lacks_is_an_error() -> None:
    with pytest.raises(ValueError, match="ZZ9"):
        features.lines(features.read_table(TABLE), {"ZZ9": Evidence(passed=1)})


def test_reports_add_up() -> None:
    pure = {"AA1": Evidence(passed=1, missing=("half",))}
    compiled = {"AA1": Evidence(failed=1, missing=("half",)), "AA2": Evidence(skipped=1)}

    joined = features.join([pure, compiled])

    assert joined == {"AA1": Evidence(1, 1, 0, ("half",)), "AA2": Evidence(0, 0, 1)}


def test_main_prints_the_table_and_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    found = {"passed": 1, "failed": 0, "skipped": 0, "missing": ["host lists"]}
    report.write_text(json.dumps({"rows": {"CN2": found}}))

    exit_code = features.main([str(report), "--missing"])

    printed = capsys.readouterr().out.splitlines()
    assert exit_code == 0
    assert "CN2 core partial 1" in printed
    assert printed[-1] == "CN2: host lists"


def test_main_names_a_report_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert features.main([str(tmp_path / "none.json")]) == 1
    assert "none.json" in capsys.readouterr().err


def test_a_mark_takes_one_id_and_what_is_missing() -> None:
    assert read_mark(pytest.mark.feature("CN2").mark) == ("CN2", "")
    assert read_mark(pytest.mark.feature("CN2", partial="hosts").mark) == ("CN2", "hosts")


@pytest.mark.parametrize(
    "mark",
    [
        pytest.mark.feature(),
        pytest.mark.feature("CN1", "CN2"),
        pytest.mark.feature(1),
        pytest.mark.feature("CN1", part="x"),
        pytest.mark.feature("CN1", partial=""),
        pytest.mark.feature("CN1", partial=True),
    ],
)
def test_a_mark_of_another_form_is_an_error(mark: pytest.MarkDecorator) -> None:
    with pytest.raises(pytest.UsageError):
        read_mark(mark.mark)


class _Item:
    """As much of a pytest item as the plugin looks at."""

    def __init__(self, nodeid: str, *marks: pytest.MarkDecorator) -> None:
        self.nodeid = nodeid
        self._marks = [mark.mark for mark in marks]

    def iter_markers(self, _name: str) -> list[pytest.Mark]:
        return self._marks


def _collected(*items: _Item) -> FeatureReport:
    report = FeatureReport({"AA1", "AA2"}, None)
    report.pytest_collection_modifyitems(items)  # type: ignore[arg-type]  # items of our own making
    return report


def test_a_mark_that_names_no_row_ends_the_run() -> None:
    with pytest.raises(pytest.UsageError, match="no row 'ZZ9'"):
        _collected(_Item("t", pytest.mark.feature("ZZ9")))


def test_outcomes_are_counted_once_for_each_row_of_a_test() -> None:
    both = _Item("both", pytest.mark.feature("AA1"), pytest.mark.feature("AA2", partial="half"))
    report = _collected(both, _Item("one", pytest.mark.feature("AA1")), _Item("plain"))

    report.outcomes = {"both": "passed", "one": "failed", "plain": "passed"}

    assert report.rows() == {
        "AA1": {"passed": 1, "failed": 1, "skipped": 0, "missing": []},
        "AA2": {"passed": 1, "failed": 0, "skipped": 0, "missing": ["half"]},
    }

"""The scoreboard: what counts as a fault, and a table that shows every score."""

from __future__ import annotations

from chaos.scoreboard import FAULTS, FIGURES, Score, table


def score(**values: int) -> Score:
    return Score("cuts", "qail", "trio", 7, **values)  # type: ignore[arg-type]  # fields are chosen by name


def test_every_fault_makes_a_score_unclean_and_no_figure_does() -> None:
    for name in FAULTS:
        assert score(**{name: 2}).faults == {name: 2}
    for name in FIGURES:
        assert score(**{name: 2}).faults == {}


def test_a_score_travels_as_json() -> None:
    sent = score(hangs=1, operations=5)
    sent.notes = ["it hung"]

    assert Score.from_json(sent.to_json()) == sent


def test_a_score_says_how_it_is_repeated_and_what_was_found() -> None:
    sent = score(hangs=1)
    sent.notes = ["it hung"]

    assert str(sent) == "cuts on qail/trio, CHAOS_SEED=7: hangs 1\n  it hung"
    assert str(score()).endswith("clean")


def test_the_table_has_a_line_for_each_score_and_a_column_for_each_number() -> None:
    lines = table([score(hangs=3), score()]).splitlines()

    assert len(lines) == 4
    headings = lines[0].split("  ")
    assert {"storm", "client", "backend", *FAULTS.values(), *FIGURES.values()} == {
        heading.strip() for heading in headings if heading.strip()
    }
    assert "3" in lines[2].split()
    assert "3" not in lines[3].split()

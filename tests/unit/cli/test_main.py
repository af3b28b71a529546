"""The command line's exit codes, and that an error leaves as one line."""

from __future__ import annotations

import argparse

import pytest

from qail.cli.main import CliCommand, main
from qail.errors import ConfigError


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """A command without arguments of its own."""


def command(run: object) -> CliCommand:
    assert callable(run)
    return CliCommand("try", "for the test", no_arguments, run)


def test_a_command_that_ends_well_gives_zero() -> None:
    assert main([command(lambda _: None)], ["try"]) == 0


def test_an_error_of_qail_is_one_line_and_exit_code_one(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: argparse.Namespace) -> None:
        raise ConfigError("nothing is configured: set PGHOST")

    assert main([command(fail)], ["try"]) == 1
    assert capsys.readouterr().err == "qail: nothing is configured: set PGHOST\n"


def test_an_interrupt_gives_130() -> None:
    def interrupt(_: argparse.Namespace) -> None:
        raise KeyboardInterrupt

    assert main([command(interrupt)], ["try"]) == 130


@pytest.mark.parametrize("arguments", [[], ["other"]])
def test_wrong_arguments_give_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command(lambda _: None)], arguments)

    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err

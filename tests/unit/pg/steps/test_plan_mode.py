from __future__ import annotations

import pytest
from librt.strings import BytesWriter

from qail.errors import UsageError
from qail.pg.steps.command import write_command
from qail.pg.steps.plan_mode import checked_plan_mode, plan_mode_command


@pytest.mark.parametrize(
    ("mode", "value"),
    [(None, ""), ("auto", "auto"), ("force_custom", "force_custom_plan"), ("force_generic", "force_generic_plan")],
)
def test_modes_have_our_names_and_the_servers_values(mode: str | None, value: str) -> None:
    assert checked_plan_mode(mode) == value


@pytest.mark.parametrize("mode", ["", "generic", "force_custom_plan", "AUTO"])
def test_other_modes_are_refused(mode: str) -> None:
    with pytest.raises(UsageError, match="plan_cache_mode"):
        checked_plan_mode(mode)


@pytest.mark.parametrize("is_kept", [False, True])
def test_the_value_is_bound_and_never_text(is_kept: bool) -> None:
    out = BytesWriter()

    write_command(out, plan_mode_command("force_custom_plan", is_kept=is_kept))

    parse, _, rest = out.getvalue().partition(b"D\0\0\0")
    assert b"force_custom_plan" not in parse
    assert b"force_custom_plan" in rest
    assert (b"qail.plan_cache_mode" in parse) == is_kept

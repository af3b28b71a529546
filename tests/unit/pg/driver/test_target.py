"""Which servers are what `target_session_attrs` asks for."""

from __future__ import annotations

import pytest

from qail.pg.config.connect_config import TargetSessionAttrs
from qail.pg.config.load import load_config
from qail.pg.driver.target import fits, wants_to_write

WRITABLE = {"in_hot_standby": "off", "default_transaction_read_only": "off"}
READ_ONLY = {"in_hot_standby": "off", "default_transaction_read_only": "on"}
STANDBY = {"in_hot_standby": "on", "default_transaction_read_only": "off"}


@pytest.mark.feature("CN4")
@pytest.mark.parametrize(
    ("wish", "writable", "read_only", "standby"),
    [
        ("any", True, True, True),
        ("read-write", True, False, False),
        ("read-only", False, True, True),
        ("primary", True, True, False),
        ("standby", False, False, True),
        ("prefer-standby", True, True, True),
    ],
)
def test_each_wish_has_its_servers(wish: TargetSessionAttrs, *, writable: bool, read_only: bool, standby: bool) -> None:
    assert [fits(told, wish) for told in (WRITABLE, READ_ONLY, STANDBY)] == [writable, read_only, standby]


@pytest.mark.feature("RT5")
def test_a_refusal_to_write_matters_where_writing_was_asked_for() -> None:
    asked = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
    wanting = [each for each in asked if wants_to_write(load_config("", {"target_session_attrs": each}))]
    assert wanting == ["read-write", "primary"]


@pytest.mark.feature("CN4")
def test_balancing_is_a_setting_with_two_values() -> None:
    assert load_config("", {}).load_balance_hosts == "disable"
    assert load_config("load_balance_hosts=random", {}).load_balance_hosts == "random"
    assert load_config("", {}, environment={"PGLOADBALANCEHOSTS": "random"}).load_balance_hosts == "random"

from __future__ import annotations

import pytest

import qail.sqlstate
from qail.errors import PostgresError
from qail.pg._generated.sqlstates import BY_CODE, error_class


@pytest.mark.feature("ER1")
def test_every_code_has_a_class_below_its_class() -> None:
    assert len(BY_CODE) > 250
    for code, each in BY_CODE.items():
        assert len(code) == 5
        assert each.code == code
        assert issubclass(each, PostgresError)
        assert issubclass(each, BY_CODE.get(code[:2] + "000", PostgresError))


@pytest.mark.parametrize(
    ("code", "name", "base"),
    [
        ("23505", "UniqueViolation", "IntegrityConstraintViolation"),
        ("40001", "SerializationFailure", "TransactionRollback"),
        ("40P01", "DeadlockDetected", "TransactionRollback"),
        ("42601", "SyntaxError", "SyntaxErrorOrAccessRuleViolation"),
    ],
)
def test_the_names_are_those_of_the_manual(code: str, name: str, base: str) -> None:
    found = error_class(code)

    assert (found.__name__, found.__base__ and found.__base__.__name__) == (name, base)
    assert getattr(qail.sqlstate, name) is found


@pytest.mark.feature("ER1")
def test_a_code_that_nobody_knows_is_of_its_class() -> None:
    assert error_class("23ZZZ") is qail.sqlstate.IntegrityConstraintViolation
    assert error_class("ZZ001") is PostgresError
    assert error_class("") is PostgresError


def test_an_alias_is_the_same_class() -> None:
    assert qail.sqlstate.DatetimeValueOutOfRange is qail.sqlstate.DatetimeFieldOverflow


def test_an_error_of_a_class_has_its_fields() -> None:
    error = error_class("23505")("", fields={"C": "23505", "M": "duplicate key", "n": "users_pkey"})

    assert isinstance(error, qail.sqlstate.IntegrityConstraintViolation)
    assert (error.sqlstate, error.constraint) == ("23505", "users_pkey")

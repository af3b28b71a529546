"""What a configuration shows, hides and decides."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest

from qail.pg.config.connect_config import Address, ConnectConfig, SslMode
from qail.pg.config.secret import Secret

REMOTE, LOOPBACK, UNIX = Address("db.example.com"), Address("localhost"), Address("/tmp")


def a_config(sslmode: SslMode | None = None, sslrootcert: str = "system") -> ConnectConfig:
    addresses = (Address("h", password=Secret("hunter2")), UNIX)
    return ConnectConfig(addresses, "u", "d", Secret("hunter1"), sslmode=sslmode, sslrootcert=sslrootcert)


@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda config: repr(vars), lambda config: repr([config])])
def test_no_form_shows_a_password(show: object) -> None:
    assert callable(show)
    assert "hunter" not in show(a_config())


def test_it_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        a_config().user = "x"  # type: ignore[misc]  # that it cannot be assigned is the test


def test_pickling_leaves_the_passwords_behind() -> None:
    config = a_config()

    data = pickle.dumps(config)

    assert b"hunter" not in data
    assert pickle.loads(data) == config.without_secrets()
    assert config.without_secrets().password_for(config.without_secrets().addresses[0]) is None


def test_a_secret_alone_is_not_pickled_and_may_be_copied() -> None:
    secret = Secret("hunter")

    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)
    assert copy.deepcopy(secret) == secret
    assert secret != Secret("other")
    assert secret.reveal() == "hunter"


def test_the_password_that_was_set_goes_before_the_files() -> None:
    config = a_config()

    assert [config.password_for(address) for address in config.addresses] == ["hunter1", "hunter1"]


@pytest.mark.feature("TL2", partial="what the driver then does with it")
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (REMOTE, "verify-full"),
        (Address("10.0.0.1"), "verify-full"),
        (Address("localhost", hostaddr="10.0.0.1"), "verify-full"),
        (Address("localhost.example.com"), "verify-full"),
        (Address("127.example.com"), "verify-full"),
        (LOOPBACK, "disable"),
        (Address("LOCALHOST"), "disable"),
        (Address("127.0.0.9"), "disable"),
        (Address("::1"), "disable"),
        (Address("db.example.com", hostaddr="127.0.0.1"), "disable"),
        (UNIX, "disable"),
        (Address("@abstract"), "disable"),
    ],
)
def test_only_this_machine_is_plain_by_default(address: Address, expected: str) -> None:
    assert a_config().sslmode_for(address) == expected


@pytest.mark.parametrize("sslmode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])
def test_a_mode_that_was_set_holds_for_tcp_and_never_for_a_unix_socket(sslmode: SslMode) -> None:
    config = a_config(sslmode)

    assert config.sslmode_for(REMOTE) == sslmode
    assert config.sslmode_for(LOOPBACK) == sslmode
    assert config.sslmode_for(UNIX) == "disable"


def test_require_with_a_root_certificate_checks_the_chain() -> None:
    assert a_config("require", "/etc/ca.pem").sslmode_for(REMOTE) == "verify-ca"
    assert a_config("prefer", "/etc/ca.pem").sslmode_for(REMOTE) == "prefer"


@pytest.mark.feature("CN5", partial="TCP options read back from the socket, connect_timeout per address")
def test_a_unix_address_knows_its_socket() -> None:
    assert Address("/run/pg", 6000).socket_path == "/run/pg/.s.PGSQL.6000"
    assert Address("@name", 6000).socket_path == "\0name/.s.PGSQL.6000"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address("h", 1), "h:1"),
        (Address("::1", 1), "[::1]:1"),
        (Address("h", 1, "::1"), "h:1 (::1)"),
        (Address("/tmp", 1), "/tmp/.s.PGSQL.1"),
    ],
)
def test_an_address_reads_well(address: Address, text: str) -> None:
    assert str(address) == text

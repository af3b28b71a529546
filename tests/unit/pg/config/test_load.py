"""What all sources of settings come to, with an environment and files that the tests make up."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qail.errors import ConfigError
from qail.pg.config.addresses import LOCAL_HOSTS
from qail.pg.config.connect_config import ConnectConfig
from qail.pg.config.files import ConfigFile
from qail.pg.config.keywords import NOT_YET
from qail.pg.config.load import load_config
from qail.pg.wire.constants import PROTOCOL_3_0, PROTOCOL_3_2

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def load(
    dsn: str | None = None,
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, ConfigFile | str] | None = None,
    **settings: object,
) -> ConnectConfig:
    def read(path: str) -> ConfigFile | None:
        found = (files or {}).get(path)
        return ConfigFile(found, is_private=True) if isinstance(found, str) else found

    return load_config(dsn, settings, environment=environment or {}, read_file=read, os_user=lambda: "me")


def places(config: ConnectConfig) -> list[tuple[str, int]]:
    return [(address.host, address.port) for address in config.addresses]


@pytest.mark.feature("CN2")
def test_without_anything_it_is_libpqs_defaults() -> None:
    config = load()

    assert (config.user, config.database, config.password) == ("me", "me", None)
    assert places(config) == [(host, 5432) for host in LOCAL_HOSTS]


@pytest.mark.feature("CN2")
def test_a_url_and_keywords_come_to_the_same() -> None:
    url = load("postgresql://u:p%40s@h:1,g:2/db?sslmode=require&connect_timeout=5")
    words = load("user=u password=p@s host=h,g port=1,2 dbname=db sslmode=require connect_timeout=5")
    arguments = load(
        user="u", password="p@s", host=["h", "g"], port=[1, 2], database="db", sslmode="require", connect_timeout=5
    )

    assert url == words == arguments
    assert (url.user, url.database, url.password_for(url.addresses[0])) == ("u", "db", "p@s")
    assert places(url) == [("h", 1), ("g", 2)]


def test_the_database_is_named_like_the_user() -> None:
    assert load("postgresql://u@h").database == "u"
    assert load(environment={"PGUSER": "e"}).database == "e"


@pytest.mark.feature("CN3")
def test_arguments_go_before_dsn_service_environment_and_defaults() -> None:
    sources = {
        "dsn": "postgresql://dsn@dsn/dsn",
        "environment": {"PGUSER": "env", "PGHOST": "env", "PGDATABASE": "env", "PGPORT": "4", "PGAPPNAME": "env",
                        "PGSERVICE": "s", "HOME": "/home/me", "PGOPTIONS": "-c a=b"},
        "files": {"/home/me/.pg_service.conf": "[s]\nuser=svc\nhost=svc\ndbname=svc\nport=3\napplication_name=svc\n"},
    }  # fmt: skip

    config = load(sources["dsn"], sources["environment"], sources["files"], user="arg")  # type: ignore[arg-type]  # a dict of unlike things

    assert (config.user, config.database, places(config)) == ("arg", "dsn", [("dsn", 3)])
    assert config.server_settings["application_name"] == "svc"
    assert config.server_settings["options"] == "-c a=b"


def test_none_is_not_given_and_an_empty_text_is_the_default() -> None:
    config = load("postgresql://h", {"PGHOST": "env", "PGSSLMODE": "", "PGPORT": "7"}, host=None, port="", user="")

    assert (config.user, places(config), config.sslmode) == ("me", [("h", 5432)], None)


@pytest.mark.feature("CN3")
def test_a_service_needs_no_dsn() -> None:
    files = {"/etc/x/pg_service.conf": "[shop]\nhost=h\n", "/own": "[shop]\nhost=own\n"}

    by_folder = load(environment={"PGSYSCONFDIR": "/etc/x"}, files=files, service="shop")
    by_file = load(environment={"PGSERVICEFILE": "/own", "PGSYSCONFDIR": "/etc/x"}, files=files, service="shop")

    assert places(by_folder) == [("h", 5432)]
    assert places(by_file) == [("own", 5432)]


@pytest.mark.feature("CN3")
def test_a_missing_service_is_an_error_that_says_where_it_was_sought() -> None:
    with pytest.raises(ConfigError, match=r"no service 'shop' in /home/me/.pg_service.conf or /x/pg_service.conf"):
        load("service=shop", {"HOME": "/home/me", "PGSYSCONFDIR": "/x"})
    with pytest.raises(ConfigError, match="no service file /own"):
        load(service="shop", servicefile="/own")


@pytest.mark.feature("CN3")
def test_the_password_file_is_asked_for_each_address() -> None:
    files = {"/home/me/.pgpass": "h:1:*:u:one\ng:*:*:u:two\nlocalhost:*:*:u:local\n"}

    config = load("postgresql://u@h:1,g:2,%2Ftmp:3,%2Felse:4/db", {"HOME": "/home/me"}, files)

    assert [config.password_for(address) for address in config.addresses] == ["one", "two", "local", None]


@pytest.mark.feature("CN3")
def test_a_password_that_is_set_goes_before_the_file() -> None:
    files = {"/home/me/.pgpass": "*:*:*:*:file\n", "/other": "*:*:*:*:other\n"}
    home = {"HOME": "/home/me"}

    found = [
        load("postgresql://u@h", home, files),
        load("postgresql://u@h", home, files, passfile="/other"),
        load("postgresql://u@h", {**home, "PGPASSFILE": "/other"}, files),
        load("postgresql://u:p@h", home, files),
        load("postgresql://u@h", {**home, "PGPASSWORD": "env"}, files),
    ]

    assert [config.password_for(config.addresses[0]) for config in found] == ["file", "other", "other", "p", "env"]


@pytest.mark.feature("CN3")
def test_a_password_file_that_others_can_read_is_not_used() -> None:
    files = {"/home/me/.pgpass": ConfigFile("*:*:*:*:file\n", is_private=False)}

    with pytest.warns(UserWarning, match="mode must be 0600"):
        config = load("postgresql://u@h", {"HOME": "/home/me"}, files)

    assert config.password_for(config.addresses[0]) is None


@pytest.mark.feature("CN2")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"username": "x"}, "the call has an unknown setting 'username': did you mean 'user'"),
        ({"statement_timeout": "5s"}, "unknown setting 'statement_timeout'.*server_settings or options"),
        ({"database": "a", "dbname": "a"}, "the same setting"),
        ({"sslmode": "on"}, r"sslmode \(a keyword argument\): it should be 'disable', 'allow'"),
        ({"sslmode": "Require"}, "sslmode"),
        ({"host": "a,b", "port": "1,2,3"}, "port has 3 entries for 2 hosts"),
        ({"port": 70_000}, "port of host 1"),
        ({"port": True}, "port is a text, or a list"),
        ({"host": {"a": 1}}, "host is a text, or a list"),
        ({"connect_timeout": "soon"}, "connect_timeout.*number"),
        ({"connect_timeout": float("nan")}, "connect_timeout.*finite"),
        ({"command_timeout": 0}, "command_timeout.*greater than 0"),
        ({"statement_cache_size": -1}, "statement_cache_size"),
        ({"plan_cache_mode": "generic"}, "plan_cache_mode"),
        ({"pooler_mode": True, "options": "-c geqo=off"}, "pooler_mode takes no options"),
        ({"pooler_mode": True, "plan_cache_mode": "force_custom"}, "pooler_mode takes no plan_cache_mode"),
        ({"pooler_mode": True, "server_settings": {"work_mem": "1MB"}}, "pooler_mode takes no work_mem"),
        ({"pooler_mode": "perhaps"}, "pooler_mode"),
        ({"target_session_attrs": "master"}, "target_session_attrs.*'primary'"),
        ({"scram_max_iterations": 1000}, "scram_max_iterations.*4096"),
        ({"client_encoding": "LATIN1"}, "always UTF8"),
        ({"user": "a\0b"}, "user.*NUL"),
        ({"user": "\ud800"}, "user.*not valid Unicode"),
        ({"password": b"x"}, "password"),
        ({"keepalives": 2}, "keepalives"),
        ({"ssl_min_protocol_version": "TLSv1"}, "ssl_min_protocol_version.*'TLSv1.2' or 'TLSv1.3'"),
        ({"ssl_min_protocol_version": "TLSv1.3", "ssl_max_protocol_version": "tlsv1.2"}, "is above"),
        ({"min_protocol_version": "3.1"}, "min_protocol_version.*'3.0', '3.2' or 'latest'"),
        ({"max_protocol_version": "2.0"}, "max_protocol_version.*'3.0', '3.2' or 'latest'"),
        ({"max_protocol_version": 3}, "max_protocol_version"),
        ({"min_protocol_version": "3.2", "max_protocol_version": "3.0"}, "3.2 is above max_protocol_version 3.0"),
        ({"min_protocol_version": "latest", "max_protocol_version": "3.0"}, "latest is above max_protocol_version 3.0"),
        ({"sslrootcert": "system", "sslmode": "require"}, "too weak for sslrootcert=system"),
        ({"sslrootcert": "/no/such.pem"}, "no sslrootcert file /no/such.pem"),
        ({"server_settings": ["a"]}, "server_settings is a dict"),
        ({"server_settings": {"a": 1}}, "server_settings is a dict"),
        ({"server_settings": {"user": "postgres"}}, "cannot hold 'user'"),
        ({"server_settings": {"Client_Encoding": "LATIN1"}}, "codecs need"),
        ({"server_settings": {"application_name": "x"}, "application_name": "y"}, "give one of them"),
    ],
)
def test_what_cannot_be_is_refused_with_the_name_of_the_setting(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(**settings)


@pytest.mark.parametrize("keyword", NOT_YET)
def test_what_is_not_supported_yet_is_refused_by_name_from_every_source(keyword: str) -> None:
    for arguments in ({"dsn": f"{keyword}=1x"}, {keyword: "1x"}):
        with pytest.raises(ConfigError, match=f"{keyword} .*not supported yet"):
            load(**arguments)  # type: ignore[arg-type]  # the keyword is one of many

    with pytest.raises(ConfigError, match=r"requirepeer \(from the variable PGREQUIREPEER\)"):
        load(environment={"PGREQUIREPEER": "postgres"})


@pytest.mark.parametrize(("keyword", "value"), [(name, value) for name, values in NOT_YET.items() for value in values])
def test_values_that_ask_for_what_happens_anyway_are_taken(keyword: str, value: str) -> None:
    load(**{keyword: value})  # type: ignore[arg-type]  # the keyword is one of many


def test_values_have_their_types_and_units() -> None:
    config = load(
        "postgresql://h?connect_timeout=2&keepalives=0&keepalives_idle=30&tcp_user_timeout=1500&allow_insecure_auth=true"
        "&statement_cache_size=0&command_timeout=1.5&ssl_min_protocol_version=tlsv1.3"
    )

    assert config.connect_timeout_seconds == 2.0
    assert (config.keepalives, config.keepalives_idle_seconds, config.keepalives_interval_seconds) == (False, 30, None)
    assert config.tcp_user_timeout_milliseconds == 1500
    assert (config.allow_insecure_auth, config.statement_cache_size) == (True, 0)
    assert config.command_timeout_seconds == 1.5
    assert config.ssl_min_protocol_version == "TLSv1.3"


@pytest.mark.feature("PR1")
@pytest.mark.parametrize(
    ("settings", "versions"),
    [
        ({}, (PROTOCOL_3_0, PROTOCOL_3_2)),
        ({"max_protocol_version": "3.0"}, (PROTOCOL_3_0, PROTOCOL_3_0)),
        ({"max_protocol_version": 3.0}, (PROTOCOL_3_0, PROTOCOL_3_0)),
        ({"max_protocol_version": "Latest"}, (PROTOCOL_3_0, PROTOCOL_3_2)),
        ({"max_protocol_version": ""}, (PROTOCOL_3_0, PROTOCOL_3_2)),
        ({"min_protocol_version": "latest"}, (PROTOCOL_3_2, PROTOCOL_3_2)),
        ({"min_protocol_version": "3.2", "max_protocol_version": "3.2"}, (PROTOCOL_3_2, PROTOCOL_3_2)),
        ({"dsn": "min_protocol_version=3.2"}, (PROTOCOL_3_2, PROTOCOL_3_2)),
        ({"dsn": "postgresql://h?max_protocol_version=3.0"}, (PROTOCOL_3_0, PROTOCOL_3_0)),
        ({"environment": {"PGMINPROTOCOLVERSION": "3.2"}}, (PROTOCOL_3_2, PROTOCOL_3_2)),
        ({"environment": {"PGMAXPROTOCOLVERSION": "3.0"}}, (PROTOCOL_3_0, PROTOCOL_3_0)),
    ],
)
def test_protocol_versions_are_libpqs_keywords(settings: dict[str, Any], versions: tuple[int, int]) -> None:
    config = load(**settings)

    assert (config.min_protocol_version, config.max_protocol_version) == versions


@pytest.mark.parametrize("value", [0, -1, "0", "-3"])
def test_a_connect_timeout_of_nothing_is_no_limit(value: object) -> None:
    assert load(connect_timeout=value).connect_timeout_seconds is None


def test_startup_settings_hold_what_is_pinned_and_what_was_asked_for() -> None:
    config = load(
        "postgresql://h?application_name=a",
        {"PGTZ": "UTC", "PGGEQO": "off", "PGCLIENTENCODING": "LATIN1", "PGDATESTYLE": "German"},
        fallback_application_name="f",
        plan_cache_mode="force_custom",
        server_settings={"search_path": "app", "geqo": "on"},
        client_encoding="utf-8",
    )

    assert dict(config.server_settings) == {
        "client_encoding": "UTF8",
        "DateStyle": "ISO",
        "application_name": "a",
        "plan_cache_mode": "force_custom_plan",
        "search_path": "app",
        "geqo": "on",
        "timezone": "UTC",
    }
    assert load(fallback_application_name="f").server_settings["application_name"] == "f"


@pytest.mark.feature("TL2", partial="what the driver then does with it")
@pytest.mark.parametrize(
    ("settings", "remote", "loopback"),
    [
        ({}, "verify-full", "disable"),
        ({"sslmode": "prefer"}, "prefer", "prefer"),
        ({"sslrootcert": "system"}, "verify-full", "verify-full"),
        ({"sslrootcert": PEM}, "verify-full", "verify-full"),
        ({"sslrootcert": "/ca.pem"}, "verify-full", "verify-full"),
        ({"sslrootcert": "/ca.pem", "sslmode": "require"}, "verify-ca", "verify-ca"),
        ({"sslmode": "require"}, "require", "require"),
    ],
)
def test_the_default_tls_mode_is_safe(settings: dict[str, Any], remote: str, loopback: str) -> None:
    config = load("host=db.example.com,localhost", files={"/ca.pem": PEM}, **settings)

    assert [config.sslmode_for(address) for address in config.addresses] == [remote, loopback]


def test_a_root_certificate_in_the_home_folder_is_used() -> None:
    files = {"/home/me/.postgresql/root.crt": PEM}

    config = load("postgresql://h?sslmode=require", {"HOME": "/home/me"}, files)

    assert config.sslrootcert == "/home/me/.postgresql/root.crt"
    assert config.sslmode_for(config.addresses[0]) == "verify-ca"


def test_a_file_that_cannot_be_read_is_an_error_that_names_it() -> None:
    def refuse(path: str) -> ConfigFile | None:
        raise PermissionError(13, "Permission denied", path)

    with pytest.raises(ConfigError, match=r"/home/me/\.pgpass cannot be read: Permission denied"):
        load_config("postgresql:///", {"host": "/tmp"}, environment={"HOME": "/home/me"}, read_file=refuse)


@given(
    st.sampled_from(["password", "user", "port", "sslmode", "connect_timeout", "hostaddr", "host", "application_name"])
)
def test_no_error_and_no_repr_shows_a_value_that_could_be_a_password(keyword: str) -> None:
    try:
        shown = repr(load("postgresql://u:hunter2@h", **{keyword: "hunter2\0"}))  # type: ignore[arg-type]  # any keyword
    except ConfigError as error:
        shown = str(error)

    assert "hunter2" not in shown


@pytest.mark.parametrize(
    "dsn", ["postgres://u:hunter/2@h", "postgres://u:h@x:hunter@h/", "port=hunter", "host=h,g hostaddr=hunter,x"]
)
def test_no_error_shows_a_piece_of_the_dsn(dsn: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(dsn)

    assert "hunter" not in str(caught.value)


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.sampled_from(["", "postgresql://"])
)
def test_any_dsn_gives_a_configuration_or_a_config_error(text: str, scheme: str) -> None:
    with contextlib.suppress(ConfigError):
        load(scheme + text)


def test_the_modules_load_without_pydantic() -> None:
    code = "import sys, qail.pg.config.load, qail.embedded; print({'pydantic', 'anyio', 'scramp'} & set(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert done.stdout.strip() == "set()"


@pytest.mark.feature("PS4")
def test_pooler_mode_keeps_what_poolers_track_and_leaves_out_the_rest() -> None:
    config = load("postgresql:///?pooler_mode=true&application_name=shop", environment={"PGGEQO": "off", "PGTZ": "UTC"})

    assert config.pooler_mode
    assert dict(config.server_settings) == {
        "client_encoding": "UTF8",
        "DateStyle": "ISO",
        "application_name": "shop",
        "timezone": "UTC",
    }


@pytest.mark.feature("CO7")
def test_functions_for_json_are_arguments_and_nothing_else() -> None:
    config = load(json_loads=len, json_dumps=repr)

    assert (config.json_loads, config.json_dumps) == (len, repr)
    assert (load().json_loads, load().json_dumps) == (None, None)
    assert pickle.loads(pickle.dumps(config)) == config
    with pytest.raises(ConfigError, match=r"json_loads .*should be callable"):
        load(json_loads="loads")
    with pytest.raises(ConfigError, match="unknown setting 'json_loads'"):
        load("host=a json_loads=len")

"""The servers that the tests run on are what their fixtures promise."""

from __future__ import annotations

import socket
import ssl
import struct

import pytest

from support.listening import ROLES, Certificate, ListeningServer
from support.servers import Database, Server
from support.simple_query import SqlError


def tls_handshake(server: ListeningServer, host: str) -> ssl.SSLSocket:
    plain = socket.create_connection((server.tcp_host, server.port), timeout=30)
    plain.sendall(struct.pack("!ii", 8, 80877103))
    assert plain.recv(1) == b"S"
    return ssl.create_default_context(cadata=server.ca_pem).wrap_socket(plain, server_hostname=host)


def test_each_server_has_the_version_its_name_says(any_server: Server) -> None:
    (row,) = any_server.sql("SHOW server_version_num")

    assert int(row[0] or 0) // 10_000 == any_server.version
    assert any_server.version == int(any_server.name.split("-")[1].split(".")[0])


def test_each_server_speaks_utf8(any_server: Server) -> None:
    assert any_server.sql("SELECT 'é', NULL, current_setting('server_encoding')") == [("é", None, "UTF8")]


def test_a_build_with_openssl_and_contrib_has_them(any_server: Server) -> None:
    found = any_server.sql("SELECT 1 FROM pg_available_extensions WHERE name = 'hstore'")
    tls = any_server.sql("SELECT 1 FROM pg_settings WHERE name = 'ssl_library' AND setting = 'OpenSSL'")

    assert bool(found) == any_server.can("contrib")
    assert bool(tls) == any_server.can("openssl")


def test_a_fresh_database_is_empty_and_gone_afterwards(server: Server) -> None:
    with server.fresh_database() as database:
        tables = database.sql("SELECT current_database(), count(*) FROM pg_tables WHERE schemaname = 'public'")

    assert tables == [(database.name, "0")]
    assert server.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database.name}'") == []


def test_two_tests_have_two_databases(fresh_database: Database, server: Server) -> None:
    with server.fresh_database() as other:
        assert other.name != fresh_database.name


def test_a_failing_statement_says_so(server: Server) -> None:
    with pytest.raises(SqlError, match="division by zero"):
        server.sql("SELECT 1/0")


@pytest.mark.needs(openssl=True, contrib=True, icu=True)
def test_a_fit_server_has_what_the_test_needs(fit_server: Server) -> None:
    assert fit_server.can("openssl")


def test_the_tcp_server_stores_passwords_as_its_roles_say(tcp_server: ListeningServer) -> None:
    rows = tcp_server.sql("SELECT rolname, left(rolpassword, 3) FROM pg_authid WHERE rolpassword IS NOT NULL")

    assert set(rows) == {(name, "md5" if role.stored == "md5" else "SCR") for name, role in ROLES.items()}


def test_the_tcp_server_has_a_rule_for_every_role(tcp_server: ListeningServer) -> None:
    rows = tcp_server.sql("SELECT user_name[1], auth_method, error FROM pg_hba_file_rules WHERE type = 'host'")

    assert rows == [(name, role.over_plain, None) for name, role in ROLES.items()]


def test_the_tls_server_proves_its_name(tls_server: ListeningServer) -> None:
    with tls_handshake(tls_server, "localhost") as connection:
        assert connection.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("certificate", ["wrong-name", "expired", "unknown-ca"])
def test_the_tls_server_can_show_bad_certificates(tls_server: ListeningServer, certificate: Certificate) -> None:
    with tls_server.presenting(certificate), pytest.raises(ssl.SSLCertVerificationError):
        tls_handshake(tls_server, "localhost")

    with tls_handshake(tls_server, "localhost"):
        pass

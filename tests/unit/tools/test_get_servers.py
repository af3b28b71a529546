"""Fetching servers: what can be tried without fetching any."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import get_servers


def make_package(folder: Path, links: list[dict[str, str]]) -> Path:
    package = folder / "node_modules" / get_servers.PACKAGE
    (package / "native" / "lib").mkdir(parents=True)
    (package / "native" / "bin").mkdir()
    (package / "native" / "bin" / "postgres").write_text("#!")
    (package / "native" / "lib" / "libpq.so.5.18").write_text("x")
    (package / "native" / "pg-symlinks.json").write_text(json.dumps(links))
    return package


LINKS = [{"source": "native/lib/libpq.so.5.18", "target": "native/lib/libpq.so.5"}]


def test_missing_links_are_made_once(tmp_path: Path) -> None:
    package = make_package(tmp_path, LINKS)
    before = get_servers.is_complete(tmp_path)

    get_servers.make_links(package)
    get_servers.make_links(package)

    assert (before, get_servers.is_complete(tmp_path)) == (False, True)
    assert (package / "native/lib/libpq.so.5").readlink() == Path("libpq.so.5.18")


@pytest.mark.parametrize("name", ["../../../outside", "/tmp/outside"])
def test_a_link_outside_the_package_is_refused(tmp_path: Path, name: str) -> None:
    package = make_package(tmp_path, [{"source": "native/lib/libpq.so.5.18", "target": name}])

    with pytest.raises(get_servers.CannotFetchError, match="outside its folder"):
        get_servers.make_links(package)


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    get_servers.make_links(make_package(tmp_path / "1.2.3", LINKS))

    assert get_servers.get_version("1.2.3", tmp_path) == f"is in {tmp_path / '1.2.3'}"


def test_without_npm_each_version_is_skipped_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(get_servers, "platform_fault", lambda: "")
    monkeypatch.setenv("PATH", str(tmp_path))

    code = get_servers.main(["--all", "--folder", str(tmp_path / "servers")])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert len(lines) == len(get_servers.DEFAULT_VERSIONS + get_servers.MORE_VERSIONS)
    assert all("SKIPPED: npm is not installed" in line for line in lines)


def test_a_failing_npm_is_skipped_with_its_first_words_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\necho 'no network' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr(get_servers, "platform_fault", lambda: "")
    monkeypatch.setenv("PATH", str(npm.parent))

    code = get_servers.main(["--folder", str(tmp_path / "servers")])

    assert code == 0
    assert "SKIPPED: npm failed: no network" in capsys.readouterr().out
    assert list((tmp_path / "servers").iterdir()) == []

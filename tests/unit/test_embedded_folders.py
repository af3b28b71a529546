"""Accounts, folders and copies of the embedded server."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from qail import embedded_folders
from qail.embedded_folders import Account, Installation, check_kept_folder, is_reachable, reachable_programs
from qail.errors import ConfigError

STRANGER = Account("stranger", 54321, 54321)


def make_installation(home: Path) -> Installation:
    programs = home / "pg" / "bin"
    (home / "pg" / "include").mkdir(parents=True)
    programs.mkdir()
    (programs / "postgres").write_text("#!")
    (programs / "postgres").chmod(0o700)
    (home / "pg" / "notes").write_text("x")
    (home / "pg" / "link").symlink_to("notes")
    return Installation(home, "pg/bin", ("pg",))


def test_a_kept_folder_may_be_missing_or_empty(tmp_path: Path) -> None:
    check_kept_folder(tmp_path / "new", 18, None)
    check_kept_folder(tmp_path, 18, None)


def test_a_folder_with_other_things_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")

    with pytest.raises(ConfigError, match="neither empty nor a PostgreSQL data folder"):
        check_kept_folder(tmp_path, 18, None)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(ConfigError, match="is not a folder"):
        check_kept_folder(tmp_path / "file", 18, None)


def test_data_of_another_version_names_the_version(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("16\n")

    check_kept_folder(tmp_path, 16, None)
    with pytest.raises(ConfigError, match="of PostgreSQL 16, not 18: pass version=16"):
        check_kept_folder(tmp_path, 18, None)


def test_a_folder_that_the_account_cannot_enter_is_refused(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)

    assert is_reachable(private, None)
    assert not is_reachable(private, STRANGER)
    with pytest.raises(ConfigError, match="the account stranger"):
        check_kept_folder(private / "data", 18, STRANGER)


def test_an_ordinary_user_runs_the_programs_where_they_are(tmp_path: Path) -> None:
    installation = make_installation(tmp_path / "home")

    assert reachable_programs(installation, None, tmp_path) == tmp_path / "home" / "pg" / "bin"


def test_missing_programs_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no PostgreSQL server at"):
        reachable_programs(Installation(tmp_path, "bin", ()), None, tmp_path)


def test_programs_out_of_reach_are_copied_once_whole_and_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = make_installation(tmp_path / "home")
    base, copies = tmp_path / "base", tmp_path / "copies"
    base.mkdir()
    copies.mkdir()
    monkeypatch.setattr(embedded_folders, "COPY_PARENT", copies)
    monkeypatch.setattr(embedded_folders, "is_roots_alone", lambda folder: True)
    monkeypatch.setattr(embedded_folders, "is_reachable", lambda path, account: path.is_relative_to(copies))

    found: list[Path] = []

    def ask() -> None:
        found.append(reachable_programs(installation, STRANGER, base))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    copy = found[0].parent
    assert [each.name for each in (copies / "qail-embedded").iterdir()] == [copy.parent.name]
    assert sorted(each.name for each in copy.iterdir()) == ["bin", "link", "notes"]
    assert (found[0] / "postgres").stat().st_mode & 0o777 == 0o755
    assert (copy / "notes").stat().st_mode & 0o777 == 0o644
    assert (copy / "link").is_symlink()


def test_other_programs_get_another_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installation = make_installation(tmp_path / "home")
    monkeypatch.setattr(embedded_folders, "is_roots_alone", lambda folder: False)
    monkeypatch.setattr(embedded_folders, "is_reachable", lambda path, account: False)

    first = reachable_programs(installation, STRANGER, tmp_path)
    (tmp_path / "home/pg/bin/postgres").write_text("#! newer")
    second = reachable_programs(installation, STRANGER, tmp_path)

    assert first != second
    assert (second / "postgres").read_text() == "#! newer"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders of root's")
def test_only_folders_that_root_alone_can_change_are_trusted(tmp_path: Path) -> None:
    assert embedded_folders.is_roots_alone(Path("/"))
    assert not embedded_folders.is_roots_alone(Path("/tmp"))
    assert not embedded_folders.is_roots_alone(tmp_path)
    assert not embedded_folders.is_roots_alone(tmp_path / "missing")

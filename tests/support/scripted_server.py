"""What unit tests use of `qail.testing`: a server without I/O, its scripts, and makers of messages."""

from __future__ import annotations

from qail.testing.backend import GREETING, PROCESS_ID, SECRET_KEY
from qail.testing.backend import ScriptedBackend as ScriptedServer
from qail.testing.script import Script, error, frames, row_description

__all__ = ["GREETING", "PROCESS_ID", "SECRET_KEY", "Script", "ScriptedServer", "error", "frames", "row_description"]

"""Test tools for programs that use PostgreSQL: a scripted server, a hostile one, a proxy like a bad network.

Nothing of it needs qail on the client's side: any PostgreSQL driver can be tested against it.
"""

from __future__ import annotations

from qail.testing.audit import Audit, ConnectionRecord
from qail.testing.backend import GREETING, ScriptedBackend
from qail.testing.hostile import Close, Expect, Hear, Heard, HostileServer, Pause, Reset, Send, Stall, Step, Wait
from qail.testing.login import Cleartext, Login, Md5, Scram, Trust
from qail.testing.proxy import ChaosProxy, Event
from qail.testing.rule import ArmedRule, Rule
from qail.testing.script import Executed, Script, error, frames
from qail.testing.scripted_server import ScriptedConnection, ScriptedServer

__all__ = [
    "GREETING",
    "ArmedRule",
    "Audit",
    "ChaosProxy",
    "Cleartext",
    "Close",
    "ConnectionRecord",
    "Event",
    "Executed",
    "Expect",
    "Hear",
    "Heard",
    "HostileServer",
    "Login",
    "Md5",
    "Pause",
    "Reset",
    "Rule",
    "Scram",
    "Script",
    "ScriptedBackend",
    "ScriptedConnection",
    "ScriptedServer",
    "Send",
    "Stall",
    "Step",
    "Trust",
    "Wait",
    "error",
    "frames",
]

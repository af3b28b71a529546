"""Node -> Plan -> frames: the only place where SQL text is made."""

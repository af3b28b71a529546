"""The answer to AuthenticationMD5Password.

Rule: MD5 proves little; whether it may be used at all is decided before (`AuthPolicy`), not here.

Source: protocol-flow.html, "Start-up", AuthenticationMD5Password
"""

from __future__ import annotations

from qail.errors import AuthError
from qail.pg.wire.fields import encode_cstring


def md5_answer(user: str, password: str, salt: bytes) -> str:
    """`md5` and 32 hexadecimal digits: md5(md5(password + user) + salt).

    Raises:
        AuthError: this Python's OpenSSL has no MD5.
        EncodeError: the password holds NUL or a lone surrogate.
    """
    # Imported late: few connections need it, and it loads OpenSSL.
    import hashlib

    raw = encode_cstring(password, "the password") + encode_cstring(user, "the user")
    try:
        inner = hashlib.md5(raw, usedforsecurity=False).hexdigest().encode("ascii")
        return "md5" + hashlib.md5(inner + salt, usedforsecurity=False).hexdigest()
    except ValueError as error:
        raise AuthError("the server asks for MD5 and OpenSSL refuses it here; use scram-sha-256") from error

"""The values of settings: texts and Python values in, checked values out. The only file of config that needs pydantic.

Rule 1: numbers and switches may come as text, since a DSN, a file and the environment have nothing else.
Rule 2: a complaint names the keyword and what it may be, never the value: it could be a secret in the wrong place.

Imported by `load.load_config` when the first configuration is made, so that `import qail` stays light.

Source: libpq-connect.html, "Parameter Key Words"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError

from qail.errors import ConfigError, UsageError
from qail.pg.codec.registry import CodecRegistry
from qail.pg.config.connect_config import (
    DEFAULT_CONNECT_TIMEOUT_SECONDS,
    DEFAULT_SCRAM_MAX_ITERATIONS,
    DEFAULT_SCRAM_MIN_ITERATIONS,
    DEFAULT_STATEMENT_CACHE_SIZE,
    PlanCacheMode,
    SslMode,
    TargetSessionAttrs,
)

# PBKDF2 of a million rounds takes a quarter of a second; more than ten millions is no setting but a mistake.
MOST_ITERATIONS = 10_000_000
MAX_INT32 = 2**31 - 1


def _checked_text(text: str) -> str:
    if "\0" in text:
        raise ValueError("it contains a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it is not valid Unicode") from None
    return text


def _as_tls_version(value: object) -> object:
    known = {name.lower(): name for name in ("TLSv1.2", "TLSv1.3")}
    return known.get(value.lower(), value) if isinstance(value, str) else value


def _as_protocol_version(value: object) -> object:
    return str(value).lower() if isinstance(value, (str, float)) else value


def _as_utf8(text: str) -> str:
    if text.lower().replace("-", "").replace("_", "") not in ("utf8", "unicode"):
        raise ValueError("it is always UTF8 here")
    return "UTF8"


def _not_negative(value: object) -> object:
    # libpq takes a negative time for none at all.
    return 0 if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0 else value


def _checked_types(types: Mapping[Any, Any]) -> Mapping[Any, Any]:
    registry = CodecRegistry()
    try:
        for name, how in types.items():
            registry.register_type(name, how)
    except UsageError as error:
        raise ValueError(f"{error}") from None
    return dict(types)


# Strict: bytes are no text, whatever they hold.
Text = Annotated[str, Strict(), AfterValidator(_checked_text)]
Count = Annotated[int, Field(ge=0, le=MAX_INT32)]
TlsVersion = Annotated[Literal["TLSv1.2", "TLSv1.3"], BeforeValidator(_as_tls_version)]
ProtocolVersion = Annotated[Literal["3.0", "3.2", "latest"], BeforeValidator(_as_protocol_version)]
Iterations = Annotated[int, Field(ge=DEFAULT_SCRAM_MIN_ITERATIONS, le=MOST_ITERATIONS)]


class Settings(BaseModel):
    """All settings that are used; lists are still comma-separated, and an unset text is empty."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: Text = ""
    hostaddr: Text = ""
    port: Text = ""
    user: Text = ""
    dbname: Text = ""
    password: Text = Field(default="", repr=False)
    passfile: Text = ""
    sslmode: SslMode | None = None
    sslrootcert: Text = ""
    ssl_min_protocol_version: TlsVersion = "TLSv1.2"
    ssl_max_protocol_version: TlsVersion | None = None
    channel_binding: Literal["disable", "prefer", "require"] = "prefer"
    min_protocol_version: ProtocolVersion = "3.0"
    max_protocol_version: ProtocolVersion = "latest"
    target_session_attrs: TargetSessionAttrs = "any"
    load_balance_hosts: Literal["disable", "random"] = "disable"
    application_name: Text = ""
    fallback_application_name: Text = ""
    options: Text = ""
    client_encoding: Annotated[Text, AfterValidator(_as_utf8)] = "UTF8"
    connect_timeout: Annotated[float, Field(allow_inf_nan=False), AfterValidator(_not_negative)] = (
        DEFAULT_CONNECT_TIMEOUT_SECONDS
    )
    keepalives: bool = True
    keepalives_idle: Annotated[Count, BeforeValidator(_not_negative)] = 0
    keepalives_interval: Annotated[Count, BeforeValidator(_not_negative)] = 0
    keepalives_count: Annotated[Count, BeforeValidator(_not_negative)] = 0
    tcp_user_timeout: Annotated[Count, BeforeValidator(_not_negative)] = 0
    allow_insecure_auth: bool = False
    command_timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    statement_cache_size: Count = DEFAULT_STATEMENT_CACHE_SIZE
    max_result_bytes: Annotated[int, Field(gt=0, lt=2**62)] | None = None
    plan_cache_mode: PlanCacheMode = "auto"
    pooler_mode: bool = False
    retry_reads: bool = False
    on_abandoned: Callable[[Any], object] | None = None
    json_loads: Callable[[bytes], Any] | None = None
    json_dumps: Callable[[Any], Any] | None = None
    types: Annotated[Mapping[Any, Any], AfterValidator(_checked_types)] | None = None
    scram_min_iterations: Iterations = DEFAULT_SCRAM_MIN_ITERATIONS
    scram_max_iterations: Iterations = DEFAULT_SCRAM_MAX_ITERATIONS


def check_settings(values: Mapping[str, object], sources: Mapping[str, str]) -> Settings:
    """Check every value. `sources` says where a keyword came from, for the message.

    Raises:
        ConfigError: some values cannot be; all of them are named.
    """
    try:
        return Settings.model_validate(dict(values))
    except ValidationError as error:
        faults = [
            f"{each['loc'][0]} ({sources.get(str(each['loc'][0]), 'a setting')}): "
            + each["msg"].removeprefix("Value error, ").replace("Input should", "it should")
            for each in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    raise ConfigError("; ".join(faults))

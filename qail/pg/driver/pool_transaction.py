"""`pool.transaction()`: a connection of its own for as long as the transaction."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final

from qail.pg.driver.transaction import Transaction
from qail.pg.steps.settings import checked_settings
from qail.pg.steps.transaction import TransactionModes, begin_statement


class PoolTransaction:
    """`async with pool.transaction() as tx`: a connection of its own for as long as the block."""

    def __init__(self, lease: Any, modes: TransactionModes) -> None:
        self._lease: Final = lease
        self._modes: Final = modes
        # Wrong modes are told where they are written.
        begin_statement(modes.get("isolation"), modes.get("read_only"), modes.get("deferrable"))
        checked_settings(modes.get("settings"))
        self._transaction: Transaction | None = None

    async def __aenter__(self) -> Transaction:
        connection = await self._lease.__aenter__()
        try:
            transaction: Transaction = connection.transaction(**self._modes)
            self._transaction = transaction
            return await transaction.__aenter__()
        except BaseException:
            await self._lease.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._transaction is not None
        try:
            await self._transaction.__aexit__(kind, error, trace)
        finally:
            await self._lease.__aexit__(kind, error, trace)

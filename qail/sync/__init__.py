"""The blocking API: the verbs of `qail`, without `await`. Threads may share a connection or a pool.

    import qail.sync

    with qail.sync.create_pool("postgresql:///app") as pool:
        users = pool.fetch_all(query)

It is the same engine: pipelining, transactions, cancellation and errors are those of the async API.
"""

from __future__ import annotations

from qail.pg.sync.connection import BlockingConnection as Connection
from qail.pg.sync.connection import connect
from qail.pg.sync.copying import BlockingCopyOut as CopyOut
from qail.pg.sync.listen import BlockingSubscription as Subscription
from qail.pg.sync.pipeline import BlockingAnswer as PipelineAnswer
from qail.pg.sync.pipeline import BlockingPipeline as Pipeline
from qail.pg.sync.pool import BlockingPool as Pool
from qail.pg.sync.pool import create_pool
from qail.pg.sync.prepare import BlockingPreparedStatement as PreparedStatement
from qail.pg.sync.stream import BlockingRowStream as RowStream
from qail.pg.sync.transaction import BlockingTransaction as Transaction

__all__ = [
    "Connection",
    "CopyOut",
    "Pipeline",
    "PipelineAnswer",
    "Pool",
    "PreparedStatement",
    "RowStream",
    "Subscription",
    "Transaction",
    "connect",
    "create_pool",
]

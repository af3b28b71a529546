"""Each fault of the design's matrix, on each backend: `test_fault[F33-trio]`."""

from __future__ import annotations

import importlib
import random
from pathlib import Path

import pytest

from chaos.registry import FAULTS, FaultRun, runs
from support.backends import BACKENDS
from support.servers import Server

for _file in sorted((Path(__file__).parent / "faults").glob("*.py")):
    importlib.import_module(f"chaos.faults.{_file.stem}")


@pytest.mark.feature("TS4")
@pytest.mark.parametrize(("fault_id", "backend_name"), [pytest.param(*each, id="-".join(each)) for each in runs()])
def test_fault(
    fault_id: str,
    backend_name: str,
    server: Server,
    request: pytest.FixtureRequest,
    random_source: random.Random,
) -> None:
    known = FAULTS[fault_id]
    backend = BACKENDS[backend_name]()
    run = FaultRun(backend, server, request, random_source)
    for function in known.functions:
        backend.run(lambda function=function: function(run), known.patience_seconds)

"""What the demo prints: headings, small tables with their timing, a progress bar."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

console = Console(highlight=False, soft_wrap=False)


class Stopwatch:
    """`seconds` from the start of the block to its end."""

    def __init__(self) -> None:
        self.seconds = 0.0


@contextmanager
def stopwatch() -> Generator[Stopwatch, None, None]:
    """Time a block."""
    watch = Stopwatch()
    start = time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = time.perf_counter() - start


def heading(text: str) -> None:
    """Print a line that begins a part of the demo."""
    console.print(f"\n[bold cyan]{escape(text)}[/]")


def note(text: str) -> None:
    """Print text as it is."""
    console.print(text, markup=False)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], seconds: float) -> None:
    """Print rows under a title that ends with the time they took; numbers stand on the right."""
    heading(f"{title} ({seconds * 1000:,.1f} ms)")
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        is_number = any(isinstance(row[number], (int, float, Decimal)) for row in rows)
        shown.add_column(column, justify="right" if is_number else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*[text_of(value) for value in row])
    console.print(shown)


def text_of(value: object) -> str:
    """A value as a person reads it."""
    if value is None:
        return "-"
    if isinstance(value, (float, Decimal)):
        return f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)


@contextmanager
def progress(total: int) -> Generator[Progress, None, None]:
    """A bar over `total` rows; `advance` it by one task per table."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield bar

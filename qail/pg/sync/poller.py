"""Waiting for many sockets at once, in a way that another thread can end.

Rule 1: one thread waits at a time; any thread may change what is waited for, or wake the one that waits, meanwhile.
Rule 2: nothing is kept in the kernel, as epoll would: a forked child has nothing of its parent's to disturb.

Source: poll(2); eventfd(2)
"""

from __future__ import annotations

import os
import select
import socket as sockets
from contextlib import suppress
from typing import Final, Protocol

# The bits are those of poll(2) where there is one, so that what it finds need not be translated for every answer.
READ: Final[int] = getattr(select, "POLLIN", 1)
WRITE: Final[int] = getattr(select, "POLLOUT", 4)

# poll(2) counts milliseconds in an int. Whoever waits for longer looks again then.
_MOST_SECONDS: Final = 1_000_000.0
_WORD: Final = (1).to_bytes(8, "little")


class Waker:
    """A descriptor that becomes readable by `wake`, until `clear`. An eventfd, or a socket pair."""

    def __init__(self) -> None:
        self._pair: tuple[sockets.socket, sockets.socket] | None = None
        if hasattr(os, "eventfd"):
            self.descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            return
        self._pair = sockets.socketpair()
        for end in self._pair:
            end.setblocking(False)
        self.descriptor = self._pair[0].fileno()

    def wake(self) -> None:
        # A full pipe wakes as well as one more byte would.
        with suppress(BlockingIOError):
            if self._pair is None:
                os.write(self.descriptor, _WORD)
            else:
                self._pair[1].send(b"\0")

    def clear(self) -> None:
        with suppress(BlockingIOError):
            if self._pair is None:
                os.read(self.descriptor, 8)
            else:
                self._pair[0].recv(4096)

    def __del__(self) -> None:
        if self._pair is None:
            os.close(self.descriptor)
        else:
            for end in self._pair:
                end.close()


class Poller(Protocol):
    """What is waited for: READ and WRITE, by descriptor."""

    def watch(self, descriptor: int, interest: int) -> None:
        """Wait for this from now on; 0: not at all."""
        ...

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        """Descriptors with what they are ready for. None: for ever.

        Other bits than READ and WRITE mean that the descriptor is broken: reading or writing it will tell.
        """
        ...


class PollPoller:
    """By poll(2)."""

    def __init__(self) -> None:
        self._poll = select.poll()

    def watch(self, descriptor: int, interest: int) -> None:
        if not interest:
            with suppress(KeyError):
                self._poll.unregister(descriptor)
            return
        self._poll.register(descriptor, interest)

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        if seconds is None:
            return self._poll.poll()
        # Rounded up by poll: a deadline is never looked for before it has come.
        return self._poll.poll(min(max(seconds, 0.0), _MOST_SECONDS) * 1000)


class SelectPoller:
    """By select(2), where there is no poll: on Windows."""

    def __init__(self) -> None:
        self._interests: dict[int, int] = {}

    def watch(self, descriptor: int, interest: int) -> None:
        if interest:
            self._interests[descriptor] = interest
        else:
            self._interests.pop(descriptor, None)

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        interests = dict(self._interests)
        reading = [each for each, interest in interests.items() if interest & READ]
        writing = [each for each, interest in interests.items() if interest & WRITE]
        timeout = None if seconds is None else min(max(seconds, 0.0), _MOST_SECONDS)
        try:
            # A refused connect shows among the exceptional conditions there.
            readable, writable, broken = select.select(reading, writing, writing, timeout)
        except (OSError, ValueError):
            # One was closed meanwhile: whoever closed it has said so to the others.
            return []
        found: dict[int, int] = dict.fromkeys(readable, READ)
        for each in (*writable, *broken):
            found[each] = found.get(each, 0) | WRITE
        return list(found.items())


def make_poller() -> Poller:
    """The best there is."""
    return PollPoller() if hasattr(select, "poll") else SelectPoller()

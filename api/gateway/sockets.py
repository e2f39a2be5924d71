"""The TCP sockets that this process' server has on its port.

They belong to the server, which shows them to nobody, so they are found among the process' descriptors (Linux). Each is
used through a duplicate that lives for one call: the server may close its own at any time, and the number of a
descriptor then soon means another file.
"""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_DESCRIPTORS = "/proc/self/fd"
# Places in the kernel's `struct tcp_info` (linux/tcp.h).
_QUEUED, _SILENT, _INFO_BYTES = 24, 52, 104


@dataclass(frozen=True, slots=True)
class Inbound:
    """A client's connection: the server's descriptor, and the other end's address and port."""

    descriptor: int
    host: str
    port: int


class ListeningSocket:
    """The socket on `port` that the server accepts connections from."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._descriptor = -1

    def wait_for_readers(self, seconds: float) -> None:
        """Let connections accepted from now on end when their other end acknowledges nothing for so long.

        That other end is gone, or does not read what was sent to it.
        """
        with self._opened() as listening:
            if listening is not None:
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))

    def queued(self) -> int:
        """How many connections wait to be accepted; 0 as well if the server does not listen."""
        with self._opened() as listening:
            return 0 if listening is None else _fact(listening, _QUEUED)

    def accept(self, most: int) -> Iterator[socket.socket]:
        """Take up to so many waiting connections from the server, those that came first."""
        with self._opened() as listening:
            for _ in range(most if listening is not None else 0):
                try:
                    accepted, _ = listening.accept()  # type: ignore[union-attr]
                except OSError:  # nobody waits any more
                    return
                accepted.setblocking(False)
                yield accepted

    @contextmanager
    def _opened(self) -> Iterator[socket.socket | None]:
        with _duplicate(self._descriptor) as found:
            if found is not None and self._is_it(found):
                yield found
                return
        for descriptor in _descriptors():
            with _duplicate(descriptor) as found:
                if found is not None and self._is_it(found):
                    self._descriptor = descriptor
                    yield found
                    return
        yield None

    def _is_it(self, found: socket.socket) -> bool:
        listens: int = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        return bool(listens) and found.getsockname()[1] == self._port


def inbound(port: int) -> Iterator[Inbound]:
    """All connections that clients have with `port`."""
    for descriptor in _descriptors():
        with _duplicate(descriptor) as found:
            if found is None or found.getsockname()[1] != port:
                continue
            try:
                host, far_port = found.getpeername()[:2]
            except OSError:  # the one that listens, or one that was closed
                continue
        yield Inbound(descriptor, host, far_port)


def silence_of(connection: Inbound) -> int:
    """For how many milliseconds nothing has come from the client; 0 if the connection is gone."""
    with _duplicate(connection.descriptor) as found:
        return _fact(found, _SILENT) if found is not None and _is_same(found, connection) else 0


def shut(connection: Inbound) -> bool:
    """End a connection, with all that waits to be sent; False if it is gone already."""
    with _duplicate(connection.descriptor) as found:
        if found is None or not _is_same(found, connection):
            return False
        try:
            # The server still has it: with no linger time its closing throws away what nobody read.
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            found.shutdown(socket.SHUT_RDWR)
        except OSError:
            return False
        return True


def _descriptors() -> Iterator[int]:
    return map(int, os.listdir(_DESCRIPTORS))


@contextmanager
def _duplicate(descriptor: int) -> Iterator[socket.socket | None]:
    """A TCP socket with this descriptor, as a duplicate; None if it is something else."""
    try:
        duplicate = os.dup(descriptor)
    except OSError:  # closed in the meantime
        yield None
        return
    try:
        found = socket.socket(fileno=duplicate)
    except OSError:  # a file
        os.close(duplicate)
        yield None
        return
    with found:
        yield found if found.family in {socket.AF_INET, socket.AF_INET6} and found.type is socket.SOCK_STREAM else None


def _is_same(found: socket.socket, connection: Inbound) -> bool:
    try:
        return bool(found.getpeername()[:2] == (connection.host, connection.port))
    except OSError:
        return False


def _fact(found: socket.socket, place: int) -> int:
    info = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    value: int = struct.unpack_from("I", info, place)[0]
    return value

"""A text stream that never raises and never waits, for everything that a server process reports.

A disk that is full, a reader that has gone and one that has stopped reading must not stop what works. Lines wait in
memory for a thread of their own, which writes them. What it cannot write, and what comes while too much waits, is
dropped, counted in `jaring_log_lines_dropped_total`, and told of in a line once writing works again.
"""

import io
import json
import os
import select
import threading
import time
from collections import deque
from datetime import UTC, datetime

from prometheus_client import Counter

DROPPED = Counter("jaring_log_lines_dropped_total", "Lines of the log that could not be written.")

# Some ten thousand lines: minutes of a server whose log nobody reads, and little beside its other memory.
MAX_WAITING_BYTES = 2_000_000
# A text without a line end becomes a line at this length.
MAX_LINE_CHARACTERS = 65_536
# How long a descriptor that somebody set to non-blocking is left alone when it takes nothing.
LOOK_MILLISECONDS = 1_000


class BoundedOutput(io.TextIOBase):
    """Writes lines to a file descriptor, from any thread; at most `max_waiting_bytes` wait in memory."""

    def __init__(self, descriptor: int, *, max_waiting_bytes: int = MAX_WAITING_BYTES) -> None:
        self._descriptor = descriptor
        self._max_waiting_bytes = max_waiting_bytes
        # Reentrant, since the garbage collector may report something in the middle of our own work.
        self._changed = threading.Condition(threading.RLock())
        self._lines: deque[bytes] = deque()
        self._waiting_bytes = 0  # with the line that is being written
        self._begun = ""  # a line without its end
        self._dropped = 0  # and not told of yet
        self._is_cut = False  # a line was written in part only
        self._thread: threading.Thread | None = None

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Take the text, which is written once its line has ended."""
        with self._changed:
            self._begun += text
            if self._begun.endswith("\n") or len(self._begun) > MAX_LINE_CHARACTERS:
                self._take_line()
        return len(text)

    def flush(self) -> None:
        """Let a line be written although it has not ended. Nothing is waited for."""
        with self._changed:
            if self._begun:
                self._take_line()

    def drain(self, *, within_seconds: float) -> bool:
        """Wait until everything is written or dropped; whether that came about in time."""
        until = time.monotonic() + within_seconds
        with self._changed:
            while self._waiting_bytes and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return not self._waiting_bytes

    def _take_line(self) -> None:
        line, self._begun = self._begun.encode("utf-8", "backslashreplace"), ""
        if self._waiting_bytes + len(line) > self._max_waiting_bytes or not self._is_running():
            self._drop()
            return
        self._waiting_bytes += len(line)
        self._lines.append(line)
        self._changed.notify_all()

    def _is_running(self) -> bool:
        """Whether there is a thread that writes; started with the first line, so that a stream costs nothing before."""
        if self._thread is None:
            thread = threading.Thread(target=self._write_lines, name="log output", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system has no thread left; there may be one for the next line
                return False
            self._thread = thread
        return True

    def _write_lines(self) -> None:
        while True:
            with self._changed:
                while not self._lines:
                    self._changed.wait()
                line, dropped = self._lines.popleft(), self._dropped
            told = not dropped or self._written(_notice(dropped))
            written = told and self._written(line)
            with self._changed:
                self._waiting_bytes -= len(line)
                if told:
                    self._dropped -= dropped
                if not written:
                    self._drop()
                self._changed.notify_all()

    def _written(self, line: bytes) -> bool:
        whole = memoryview(b"\n" + line if self._is_cut else line)
        written = 0
        while written < len(whole):
            try:
                # One call for a line, so that lines of several processes are not mixed on a pipe.
                written += os.write(self._descriptor, whole[written:])
            except BlockingIOError:
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                poll.poll(LOOK_MILLISECONDS)
            except OSError:
                if written:
                    self._is_cut = whole[written - 1] != ord("\n")
                return False
        self._is_cut = False
        return True

    def _drop(self) -> None:
        self._dropped += 1
        DROPPED.inc()


def _notice(dropped: int) -> bytes:
    """The line that tells of dropped ones, in the format of the others."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    facts = {"lines": dropped, "event": "log_lines_dropped", "level": "warning", "timestamp": now}
    return json.dumps(facts).encode() + b"\n"

"""The log of a server as a pipe, and its reader: one that reads, one that stops reading, one that goes away."""

import fcntl
import os
import select
import termios
import threading
from array import array
from pathlib import Path

# As small as the system makes it, so that a few lines fill it.
PIPE_BYTES = 4096
F_SETPIPE_SZ = 1031  # of Linux
LOOK_SECONDS = 0.05


class LogPipe:
    """What is read is appended to the file `copy`. `writing` is for the server, and is closed here once it has it."""

    def __init__(self, copy: Path) -> None:
        self._reading, self.writing = os.pipe()
        fcntl.fcntl(self.writing, F_SETPIPE_SZ, PIPE_BYTES)
        self._copy = copy
        self._wanted = threading.Event()
        self._wanted.set()
        self._gone = False
        self._thread = threading.Thread(target=self._read, name="log reader", daemon=True)
        self._thread.start()

    def stop_reading(self) -> None:
        self._wanted.clear()

    def leave(self) -> None:
        """Close the reader's end for good."""
        self._gone = True
        self._wanted.set()
        self._thread.join()

    def is_full(self) -> bool:
        """Whether a writer would wait."""
        waiting = array("i", [0])
        fcntl.ioctl(self._reading, termios.FIONREAD, waiting)
        return waiting[0] > PIPE_BYTES * 3 // 4

    def _read(self) -> None:
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        with self._copy.open("ab") as copy:
            while not self._gone:
                self._wanted.wait(LOOK_SECONDS)
                if not self._wanted.is_set() or not poll.poll(LOOK_SECONDS * 1000):
                    continue
                found = os.read(self._reading, PIPE_BYTES)
                if not found:  # the last process that wrote has ended
                    break
                copy.write(found)
                copy.flush()
        os.close(self._reading)

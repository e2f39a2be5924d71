"""Room for the files of metrics, which are mapped into memory.

Where the disk has no room for a page of such a file, writing to the page kills the process (SIGBUS). So the pages are
reserved ahead.
"""

import os
from pathlib import Path


def reserve_room(directory: Path) -> None:
    """Reserve room for the whole of this process' files of metrics; raises OSError if there is not enough."""
    for path in directory.glob(f"*_{os.getpid()}.db"):
        descriptor = os.open(path, os.O_RDWR)
        try:
            status = os.fstat(descriptor)
            if status.st_blocks * 512 < status.st_size:
                os.posix_fallocate(descriptor, 0, status.st_size)
        finally:
            os.close(descriptor)

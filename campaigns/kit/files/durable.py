"""Makes a change of a file, or of the names in a folder, survive a power cut."""

import os
from pathlib import Path


def sync_to_disk(path: Path) -> None:
    """Return once what is in the file, or which names are in the folder, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

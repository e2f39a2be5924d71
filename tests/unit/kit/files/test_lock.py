"""File locks: held by one process at a time, and not inherited by programs that it starts."""

import os
import subprocess
import sys
import time
from pathlib import Path

from campaigns.kit.files.lock import try_lock


def test_is_held_by_one_descriptor_until_that_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    held = try_lock(path)
    assert held is not None
    assert try_lock(path) is None
    os.close(held)
    again = try_lock(path)
    assert again is not None
    os.close(again)


def test_is_not_inherited_by_programs_that_are_started(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    held = try_lock(path)
    assert held is not None
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False):
        os.close(held)
        # A program that another thread starts has every descriptor until its exec, so this may take a moment.
        while (again := try_lock(path)) is None:
            time.sleep(0.01)
        os.close(again)

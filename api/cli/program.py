"""How this program is called, so that a printed command can be pasted."""

import os
import shlex
import shutil
import sys
from pathlib import Path

NAME = "jaring"


def command(arguments: str) -> str:
    """`jaring …` if the shell finds this installation by that name, else with its path from the working folder."""
    return f"{program_path()} {arguments}"


def program_path() -> str:
    """What to type for `jaring`: the bare name, or the shortest path to this installation's."""
    program = Path(sys.executable).with_name(NAME)
    found = shutil.which(NAME)
    if not program.exists() or (found is not None and Path(found).samefile(program)):
        return NAME
    relative = os.path.relpath(program)
    return shlex.quote(str(program) if relative.startswith("..") else relative)

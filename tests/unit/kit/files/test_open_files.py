"""How many files a process may open, tried in processes of its own, since a lowered limit cannot be raised again."""

import subprocess
import sys

import pytest

TRY = """
import resource, sys
from campaigns.kit.files.open_files import allow_open_files
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(allow_open_files(wanted), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "allowed"),
    [
        pytest.param(256, 512, 400, 400, id="it is raised"),
        pytest.param(256, 512, 1000, 512, id="as far as the system allows"),
        pytest.param(300, 512, 200, 300, id="and never lowered"),
    ],
)
def test_the_limit_is_raised_as_far_as_it_can_be(soft: int, hard: int, wanted: int, allowed: int) -> None:
    command = [sys.executable, "-c", TRY, str(soft), str(hard), str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(allowed), str(allowed), str(hard)]

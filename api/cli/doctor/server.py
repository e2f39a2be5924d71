"""What `jaring doctor` finds on the port of the server: itself, another program, or nothing."""

import http.client
import json
from typing import Any

from api.cli.doctor.types import Diagnosis, failure, well
from api.cli.program import command
from campaigns.kit.settings import Settings

PART = "server"


def check_server(settings: Settings) -> Diagnosis:
    """Whether a Jaring answers on the port, and whether it is ready."""
    address = f"port {settings.port} of {settings.host}"
    try:
        status, ready = _ask(settings, "/readyz")
    except ConnectionRefusedError:
        return well(PART, f"none runs on {address}; `{command('serve')}` starts one")
    except (OSError, http.client.HTTPException, ValueError):
        status, ready = 0, {}
    if "capture" not in ready:
        return failure(
            PART,
            f"another program uses {address}",
            remedy="Stop it, or choose another port with JARING_PORT (PORT= of `make run`).",
        )
    if status == 200:
        return well(PART, f"runs on {address} and is ready")
    bad = ", ".join(f"{name} {value}" for name, value in ready.items() if value in NOT_READY)
    return failure(
        PART, f"runs on {address} and is not ready: {bad}", remedy="docs/operating.md, Health; its log says why."
    )


# Values of /readyz that are why it is 503.
NOT_READY = ("unreachable", "outdated", "unknown", "journal")


def _ask(settings: Settings, path: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(settings.reachable_host, settings.port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        found = json.loads(answer.read(100_000))
        return answer.status, found if isinstance(found, dict) else {}
    finally:
        connection.close()

"""The audit entries of an object, read over HTTP."""

from typing import Any

import httpx


async def trail_of(
    client: httpx.AsyncClient, headers: dict[str, str], object_type: str, object_id: object
) -> list[tuple[str, dict[str, Any]]]:
    """The actions and their changes, oldest first; `headers` must belong to an administrator."""
    address = f"/v1/audit-entries?object_type={object_type}&object_id={object_id}"
    answer = await client.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return [(entry["action"], entry["changes"]) for entry in reversed(answer.json()["items"])]

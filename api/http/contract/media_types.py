"""Bodies of another media type than a route takes are refused (415), instead of being read as something else."""

from fastapi import Request
from fastapi._compat import ModelField
from fastapi.params import Body

from api.http.problems import UnsupportedMediaType

JSON = "application/json"


def media_type_of(body: ModelField | None) -> str | None:
    """The media type of a route's body; None for a route without one."""
    if body is None:
        return None
    return body.field_info.media_type if isinstance(body.field_info, Body) else JSON


def refuse_other_media(request: Request, wanted: str) -> None:
    """Raise UnsupportedMediaType unless the body is said to be of the media type and is not compressed."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    suffixed = wanted == JSON and said.startswith("application/") and said.endswith("+json")
    if said != wanted and not suffixed:
        raise UnsupportedMediaType(wanted)
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType(wanted)

"""Paths of the domain's field errors as JSON Pointers (RFC 6901)."""

from campaigns.kit.errors import FieldPath


def json_pointer(path: FieldPath) -> str:
    """The pointer to the value at the path, such as /stages/0/kind; that of the empty path is empty."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)

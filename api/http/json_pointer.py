"""JSON Pointers (RFC 6901) for the paths of field errors."""

from campaigns.kit.errors import FieldPath


def json_pointer(path: FieldPath) -> str:
    """The JSON Pointer of the path, such as /stages/0/kind; the empty path gives the empty pointer."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)

"""A file that is served as it is: its content, media type and ETag."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class File:
    """The ETag is the digest of the content, computed once."""

    content: bytes
    media_type: str
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{hashlib.sha256(self.content).hexdigest()[:16]}"')

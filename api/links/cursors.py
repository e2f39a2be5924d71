"""Cursors of the list of links by clicks: a place in the ranking, which an id alone does not name."""

import base64
import binascii
import struct
from uuid import UUID

from api.http.problems import invalid_parameter
from campaigns.statistics.link_ranking import Rank

_CLICKS = struct.Struct(">q")


def encode_rank(rank: Rank) -> str:
    return base64.urlsafe_b64encode(_CLICKS.pack(rank.clicks) + rank.link_id.bytes).decode()


def decode_rank(cursor: str) -> Rank:
    """The place a cursor stands for; raises Invalid for anything this server did not make for this order."""
    try:
        packed = base64.urlsafe_b64decode(cursor)
        (clicks,) = _CLICKS.unpack_from(packed)
        rank = Rank(clicks, UUID(bytes=packed[_CLICKS.size :]))
    except (binascii.Error, ValueError, struct.error):
        rank = None
    # The decoder skips characters that are not base64, so only the one spelling that is sent out counts.
    if rank is None or encode_rank(rank) != cursor:
        raise invalid_parameter("cursor", "This is not a cursor from an earlier page.", "bad-cursor")
    return rank

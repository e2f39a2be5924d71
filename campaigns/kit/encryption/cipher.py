"""Encryption of values and keyed look-ups of them, over plain bytes; pure functions.

To seal is to encrypt and authenticate: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce for each value. The
place where a value is stored (table, column, row) is authenticated with it, so a value copied to another place does
not decrypt. Equality look-ups use HMAC-SHA-256 under a key of their own.
Layout of a sealed value: 1 byte format (1), 12 bytes nonce, ciphertext, 16 bytes tag.
"""

import base64
import hmac
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = b"\x01"
KEY_BYTES = 32
_MIN_LENGTH = 1 + 12 + 16


class DecryptionError(Exception):
    """The value was sealed with another key or for another place, or was changed."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The keys of a deployment, each derived from the master key for one use.

    The labels they are derived with may never change: stored values and tokens would become unreadable.
    """

    wrapping: bytes
    index: bytes
    click_token: bytes
    visitor: bytes
    response: bytes
    check: bytes


def new_master_key() -> str:
    """32 random bytes in base64, the form `JARING_MASTER_KEY` takes."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def derive_keys(master_key: str) -> KeyRing:
    """The key ring of a master key in base64; raises ValueError unless it holds 32 bytes (HKDF, RFC 5869)."""
    try:
        master = base64.b64decode(master_key, validate=True)
    except ValueError:
        master = b""
    if len(master) != KEY_BYTES:
        raise ValueError("the master key must be 32 bytes in base64")

    def derive(label: str) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"jaring/1/{label}".encode()).derive(master)

    return KeyRing(
        wrapping=derive("wrapping"),
        index=derive("index"),
        click_token=derive("click-token"),
        visitor=derive("visitor"),
        response=derive("response"),
        check=derive("check"),
    )


def new_key() -> bytes:
    """A random 32-byte key."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, value: bytes, *, place: str) -> bytes:
    """The value encrypted under a 32-byte key and bound to its place, such as `applications.name/<id>`."""
    nonce = os.urandom(12)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, value, place.encode())


def unseal(key: bytes, sealed: bytes, *, place: str) -> bytes:
    """The value that `seal` encrypted for the same key and place; raises DecryptionError."""
    if sealed[:1] != FORMAT or len(sealed) < _MIN_LENGTH:
        raise DecryptionError("unknown format")
    try:
        return AESGCM(key).decrypt(sealed[1:13], sealed[13:], place.encode())
    except InvalidTag:
        raise DecryptionError("wrong key, other place, or changed") from None


def blind_index(key: bytes, kind: str, value: str) -> bytes:
    """A 32-byte HMAC that is equal for equal values of a kind, by which they are found without being readable."""
    return hmac.digest(key, f"{kind}\0{value}".encode(), "sha256")

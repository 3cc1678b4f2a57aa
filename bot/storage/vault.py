"""Seals what a person says or is, and finds it again by keyed digest. The key is never in the database.

AES-256-GCM with the row's place as associated data, so that a sealed value copied to another row does not open there.
Source: NIST SP 800-38D; nonces are 96 random bits.
"""

import base64
import binascii
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import BotError

_SCHEME = b"\x01"
_NONCE_BYTES = 12
DIGEST_BYTES = 16


class VaultError(BotError):
    """The vault can't be opened, or a sealed value is not what it should be."""


class KeyMissing(VaultError):
    """There is no key, or it is none of ours. The message says how to make one."""


class SealBroken(VaultError):
    """The value was changed, sealed with another key, or belongs to another place."""


class Vault:
    """Seals, opens and digests with one master key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise KeyMissing("The vault's key must be 32 bytes; make one with: python3 -m bot.cli key")
        self._cipher = AESGCM(_derive(key, b"teduh seal 1"))
        self._digester = hmac.new(_derive(key, b"teduh digest 1"), digestmod="sha256")

    def seal(self, place: str, data: bytes) -> bytes:
        """The data sealed for this place (table, and the row's own name)."""
        nonce = os.urandom(_NONCE_BYTES)
        return _SCHEME + nonce + self._cipher.encrypt(nonce, data, place.encode())

    def open(self, place: str, sealed: bytes) -> bytes:
        """What was sealed for this place.

        Raises:
            SealBroken.
        """
        if sealed[:1] != _SCHEME:
            raise SealBroken
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], place.encode())
        except InvalidTag:
            raise SealBroken from None

    def digest(self, purpose: str, value: str) -> bytes:
        """16 bytes by which this value is found again for this purpose, and which tell nothing without the key."""
        # A copy of the keyed state: `hmac.digest` lets go of the interpreter each time, and with it of our place in the queue.
        digester = self._digester.copy()
        digester.update(purpose.encode() + b"\0" + value.encode("utf-8", "surrogatepass"))
        return digester.digest()[:DIGEST_BYTES]


def _derive(key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)


def read_key(text: str) -> bytes:
    """The key that base64 text holds.

    Raises:
        KeyMissing: it is not 32 bytes in base64.
    """
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise KeyMissing("vault.key must be 32 bytes in base64; make one with: teduh key")
    return key


def make_key() -> str:
    """A fresh key as base64 text."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def load_or_make_key(file: Path) -> bytes:
    """The key in this file; a new one is made, readable by its owner only, when the file isn't there.

    Raises:
        KeyMissing: the file holds no key, or can be read by others.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(make_key() + "\n")
            out.flush()
            # What it seals is on the disk at once; a key that a power cut takes would take all of that with it.
            os.fsync(out.fileno())
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    if file.stat().st_mode & 0o077:
        raise KeyMissing(f"Others can read {file.name}; run: chmod 600 on it, and make a new key if anybody may have.")
    return read_key(file.read_text())

"""Proof of work, without another service and without memory of who was asked.

A guest's browser asks for a *challenge* when its reader begins to type, and finds a *nonce* with
which

    SHA-256(challenge + ":" + nonce)

begins with as many zero bits as were asked for (the idea of Hashcash, A. Back, 1997). The challenge
is sealed, and holds all we need to know: when it was made, how hard it is, and for which thread.
Checking it takes a microsecond and no database; that it is used once is kept in a row.
"""

import hashlib
import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from comments.database import insert_or_ignore
from comments.keys import Keys
from comments.models import Spent

#: Long enough for a long text; the script asks for another one in time.
GOOD_FOR = timedelta(hours=1)
#: No clock of ours is further ahead of another.
SKEW = timedelta(seconds=30)

# Milliseconds, bits, chance, and which thread. With its signature that is 63 characters: with the
# colon they fill one block of SHA-256, so that a browser computes one block for each try.
_SEALED = struct.Struct(">QB10s12s")


@dataclass(frozen=True, slots=True)
class Proof:
    """Work that was done. *key_hash* is what it is remembered by once it is used."""

    key_hash: str
    issued_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.issued_at + GOOD_FOR


def challenge(keys: Keys, thread_key: str, bits: int, now: datetime) -> str:
    """A challenge for one comment in the thread *thread_key*."""
    moment = int(now.timestamp() * 1000)
    return keys.seal("work", _SEALED.pack(moment, bits, os.urandom(10), _short(thread_key)))


def check(keys: Keys, given: str, nonce: str, thread_key: str, now: datetime) -> Proof | None:
    """The proof in *given* and *nonce*, or ``None`` when it proves nothing.

    It was not made here, is for another thread, is too old, or the sum is not done.
    """
    payload = keys.open("work", given)
    if payload is None or len(payload) != _SEALED.size:
        return None
    moment, bits, _, thread = _SEALED.unpack(payload)
    issued_at = datetime.fromtimestamp(moment / 1000, UTC)
    if thread != _short(thread_key) or not -SKEW <= now - issued_at < GOOD_FOR:
        return None
    if not _is_done(given, nonce, bits):
        return None
    return Proof(hashlib.sha256(payload).hexdigest(), issued_at)


def spend(session: Session, proof: Proof) -> bool:
    """Use *proof*; ``False`` when it was used before. Of many at once one gets it."""
    key_hash = f"work:{proof.key_hash}"[:64]
    return insert_or_ignore(session, Spent, key_hash=key_hash, expires_at=proof.expires_at + SKEW)


def solve(given: str, bits: int) -> str:
    """The nonce for a challenge: what the browser does, for programs and tests."""
    nonce = 0
    while not _is_done(given, str(nonce), bits):
        nonce += 1
    return str(nonce)


def _is_done(given: str, nonce: str, bits: int) -> bool:
    digest = hashlib.sha256(f"{given}:{nonce}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest, "big") >> (256 - bits) == 0


def _short(thread_key: str) -> Any:
    return hashlib.sha256(thread_key.encode("utf-8", "surrogatepass")).digest()[:12]

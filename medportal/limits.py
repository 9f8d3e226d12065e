"""How often may one address do a thing. Counts live in the database, so every worker and machine shares them."""

import ipaddress
import time
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app, request

from medportal.extensions import db, insert
from medportal.models.message import RateBucket
from medportal.tokens import keyed

PARTS = 15
"""A window is counted in this many slots; a hit leaves it at most one slot later than to the second."""


@dataclass(frozen=True)
class Hit:
    """A hit that was counted; None of key: limits are switched off."""

    key: str | None = None
    slot: int = 0


def allow(name: str, subject: str, *, limit: int, seconds: int) -> bool:
    """Count one more `name` of `subject`; False, and not counted, when there were `limit` in the last `seconds`."""
    return spend(name, subject, limit=limit, seconds=seconds) is not None


def spend(name: str, subject: str, *, limit: int, seconds: int) -> Hit | None:
    """As `allow`; the hit can be given back. The window slides, so no limit doubles where two windows meet.

    The subject is kept as a keyed hash. Hits that a set-back clock left in the future do not count.
    """
    if not current_app.config["RATE_LIMITS"]:
        return Hit()
    now = int(time.time())
    step = max(1, seconds // PARTS)
    slot = now // step
    key = keyed("limit", name, str(seconds), subject)
    _stand_in_line(key)
    used = db.session.scalar(
        sa.select(sa.func.sum(RateBucket.n)).where(
            RateBucket.key == key, RateBucket.slot >= slot - PARTS, RateBucket.slot <= slot + 1
        )
    )
    if (used or 0) >= limit:
        return None
    db.session.execute(
        insert(RateBucket)
        .values(key=key, slot=slot, n=1, expires=(slot + PARTS + 1) * step)
        .on_conflict_do_update(index_elements=["key", "slot"], set_={"n": RateBucket.n + 1})
    )
    return Hit(key, slot)


def give_back(hit: Hit) -> None:
    """It was no offence after all."""
    if hit.key is not None:
        db.session.execute(
            sa.update(RateBucket)
            .where(RateBucket.key == hit.key, RateBucket.slot == hit.slot, RateBucket.n > 0)
            .values(n=RateBucket.n - 1)
        )


def forget_expired() -> None:
    db.session.execute(sa.delete(RateBucket).where(RateBucket.expires <= int(time.time())))


def _stand_in_line(key: str) -> None:
    """Two transactions that count the same thing do so one after the other; SQLite's writers do anyway."""
    if db.engine.dialect.name == "postgresql":
        number = int(key[:15], 16)
        db.session.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def network() -> str:
    """The reader's address, for IPv6 its /64: what one household or phone can vary at will counts as one."""
    return _network(32, 64)


def wider_network() -> str:
    """For the audit trail: /24 or /48, too wide to name a person."""
    return _network(24, 48)


def _network(bits_v4: int, bits_v6: int) -> str:
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"  # a proxy that names no address: all of its readers count as one
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    bits = bits_v4 if address.version == 4 else bits_v6
    if bits == address.max_prefixlen:
        return str(address)
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))

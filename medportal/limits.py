"""How often may one address do a thing. Counts live in the database, so every worker and machine shares them."""

import hashlib
import hmac
import ipaddress
import time

import sqlalchemy as sa
from flask import current_app, request
from sqlalchemy.dialects import postgresql, sqlite

from medportal.extensions import db
from medportal.models.message import RateBucket


def allow(name: str, subject: str, *, limit: int, seconds: int) -> bool:
    """Count one more `name` of `subject` in this slot of time; False when that is more than `limit`.

    The subject is kept as a salted hash. What has expired is dropped on the way, whoever it was of.
    """
    if not current_app.config["RATE_LIMITS"]:
        return True
    now = int(time.time())
    slot = now // seconds
    secret = str(current_app.config["SECRET_KEY"]).encode()
    key = hmac.new(secret, f"{name}:{seconds}:{subject}".encode(), hashlib.sha256).hexdigest()
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    count = db.session.scalar(
        insert(RateBucket)
        .values(key=key, slot=slot, n=1, expires=(slot + 1) * seconds)
        .on_conflict_do_update(index_elements=["key", "slot"], set_={"n": RateBucket.n + 1})
        .returning(RateBucket.n)
    )
    if count == 1:
        db.session.execute(sa.delete(RateBucket).where(RateBucket.expires <= now))
    return (count or 0) <= limit


def network() -> str:
    """The reader's address, for IPv6 its /64: what one household or phone can vary at will counts as one."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"  # a proxy that names no address: all of its readers count as one
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)

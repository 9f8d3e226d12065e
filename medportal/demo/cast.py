"""The sample site's accounts: one of each role, with one password for all."""

import os
import secrets
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from medportal import passwords, samples
from medportal.demo import consultants
from medportal.extensions import db
from medportal.lib import addresses
from medportal.models.user import Role, User

CAST = {f"{role.value}@example.org": role for role in (Role.OWNER, Role.EDITOR, Role.CONSULTANT, Role.MEMBER)}


def load(*, add: bool = True) -> str:
    """Add whoever is missing (unless `add` is False), and see that the password fits; it is answered. Commits."""
    password = _password()
    found = {
        user.email_key: user
        for user in db.session.scalars(sa.select(User).where(User.email_key.in_(map(addresses.key, CAST))))
    }
    stored = next((user.password_hash for user in found.values()), None)
    db.session.rollback()
    hashed = stored if stored and passwords.matches(stored, password) else passwords.hash_of(password)
    for email, role in CAST.items():
        user = found.get(addresses.key(email))
        if user is None and not add:
            continue
        if user is None:
            user = User(email=email, email_key=addresses.key(email), role=role, sample=True)
            user.lang = current_app.config["DEFAULT_LANGUAGE"]
            db.session.add(user)
        if user.sample:
            user.password_hash = hashed
            db.session.flush()
            if role == Role.CONSULTANT:
                consultants.link(user)
    db.session.commit()
    return password


def remove() -> int:
    """Flushes; how many went."""
    return samples.drop_people()


def here() -> list[str]:
    """The addresses of those who are here."""
    return list(db.session.scalars(sa.select(User.email).where(User.sample).order_by(User.id)))


def _password() -> str:
    """MEDPORTAL_DEMO_PASSWORD, or a random one that is made once and kept in the instance folder (0600)."""
    given = os.environ.get("MEDPORTAL_DEMO_PASSWORD")
    if given:
        return given
    path = Path(current_app.instance_path) / samples.PASSWORD_FILE
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(12))
    return path.read_text(encoding="ascii").strip()

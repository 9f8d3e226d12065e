"""The link in an asker's letters: the question's random seed, and what only the secret key can make of it. Who reads
the database has no usable link, and a link goes with its question."""

import base64
import secrets

import sqlalchemy as sa

from medportal import tokens
from medportal.extensions import db
from medportal.models.consultation import Question

_SEED = 22


def new_seed() -> str:
    return secrets.token_urlsafe(16)


def link(question: Question) -> str:
    return question.seed + _proof(tokens.secret_keys()[0], question.seed)


def _proof(key: str, seed: str) -> str:
    return base64.urlsafe_b64encode(tokens.derive(key, f"question:{seed}")).decode()[:_SEED]


def of_link(made: str, *, lock: bool = False) -> Question | None:
    seed, proof = made[:_SEED], made[_SEED:]
    if not any(tokens.same(proof, _proof(key, seed)) for key in tokens.secret_keys()):
        return None
    query = sa.select(Question).where(Question.seed == seed)
    return db.session.scalar(query.with_for_update() if lock else query)

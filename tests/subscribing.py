"""What the tests of subscriptions share: readers with wishes, texts that happen, and what came by mail."""

import contextlib
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from medportal import delivery
from medportal.blueprints.content import services
from medportal.blueprints.content.revisions import draft_of
from medportal.digests import staging, subscribers
from medportal.digests.subscribers import Consent, Manner, Wishes
from medportal.extensions import db
from medportal.models.content import ContentText
from medportal.models.subscription import Subscriber
from medportal.models.taxonomy import Category
from tests.conftest import section

READER = "samira@mail.example.com"
EVERYTHING = ("disease", "news", "article", "event", "guideline", "video", "abstract")


def join(email=READER, *, kinds=EVERYTHING, lang="en", frequency="daily", announcements=False, **more):
    """A confirmed subscriber. `within`, `categories`: slugs; `contents`, `people`: numbers."""
    slugs = {row.slug: row.id for row in db.session.scalars(sa.select(Category))}
    manner = {name: more.pop(name) for name in ("other_language", "named") if name in more}
    sets = {
        name: frozenset(slugs.get(value, value) for value in more.get(name, ()))
        for name in ("within", "categories", "contents", "people")
    }
    return subscribers.subscribe(
        email,
        Wishes(kinds=frozenset(kinds), announcements=announcements, **sets),
        Manner(lang, frequency, **manner),
        Consent(lang, "form"),
    )


def the(email=READER):
    return db.session.scalars(sa.select(Subscriber).where(Subscriber.email == email)).one()


def text_of(content_id, lang="en"):
    return db.session.scalars(
        sa.select(ContentText).where(ContentText.content_id == content_id, ContentText.lang == lang)
    ).one()


def change(content_id, lang="en", words="Other words.", **how):
    """An editor's save of another definition."""
    text = text_of(content_id, lang)
    draft = replace(draft_of(text), sections=[section(html=f"<p>{words}</p>")])
    return services.save_text(text.content, lang, draft, by="editor", **how)


def withdraw(content_id, lang="en"):
    services.withdraw(text_of(content_id, lang), by="editor")


def publish(content_id, lang="en"):
    services.publish(text_of(content_id, lang), by="editor")


def run(frequency="daily"):
    """What the loop does when a digest of this frequency is due, until the last letter has left."""
    from medportal.lib.dates import utc_now

    staging.catch_up(utc_now())
    staging.stage(staging.open_run(frequency, utc_now()))
    send()


def send():
    with contextlib.suppress(delivery.OutOfReach):
        while delivery.send_due():
            pass
    staging.finish()


def mailbox(*, keep=False) -> list[EmailMessage]:
    """The letters of digests since the last look, as they stand in their files."""
    found = []
    for path in sorted(
        (Path(current_app.instance_path) / "mail").glob("d*.eml"), key=lambda p: int(p.stem[1:])
    ):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        found.append(message)
        if not keep:
            path.unlink()
    return found


def words(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def markup(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())

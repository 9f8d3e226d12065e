"""The end of the sample site: everything that came with it goes, in steps of less than half a second.

What is left to do stands in the tables themselves, so whoever is stopped in the middle goes on by calling `step` again:
the jobs program, the page that shows how far it is, or `flask demo remove`. The row of `setting` called REMOVING says
that it was begun, with the totals; LEFT says that it is over, so that nobody loads the samples a second time.
"""

import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app

from medportal import audit, carriers
from medportal.blueprints.accounts import erasure
from medportal.blueprints.content import gate, services
from medportal.blueprints.people import profiles
from medportal.blueprints.people import queries as people
from medportal.blueprints.specialists import services as specialists
from medportal.changes import content_changed, site_changed
from medportal.digests import editions
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.content import Content, ContentText, Origin, Status
from medportal.models.digest import Digest, Edition, Happening, Stage
from medportal.models.media import Media
from medportal.models.people import Person
from medportal.models.poll import Poll
from medportal.models.setting import Setting
from medportal.models.specialist import DrugUpdate, Opinion, Trial
from medportal.models.trust import Revision
from medportal.models.user import User

BY = "sample"
REMOVING, LEFT = "removing_sample", "sample_left"
PASSWORD_FILE = "demo_password"  # noqa: S105  # a name of a file
"""In the instance folder: the password that all accounts of the sample site share."""
BATCH = 20
SECONDS = 0.15
"""How long a step takes on before it leaves the rest to the next."""


@dataclass(frozen=True)
class Counts:
    """What of the sample site is here. `edited`: things somebody has changed; they become the site's own and stay."""

    things: int = 0
    texts: int = 0
    edited: int = 0
    media: int = 0
    people: int = 0

    def __bool__(self) -> bool:
        return bool(self.things or self.edited or self.media or self.people)


def _edited() -> sa.ColumnElement[bool]:
    saved = (
        sa.select(Revision.id)
        .join(ContentText, ContentText.id == Revision.text_id)
        .where(ContentText.content_id == Content.id, Revision.saved_by != BY)
    )
    signed = sa.select(Opinion.id).where(Opinion.content_id == Content.id, Opinion.origin == Origin.OWN)
    return sa.or_(saved.exists(), signed.exists())


def _things() -> sa.Select[Content]:
    return sa.select(Content).where(Content.origin == Origin.SAMPLE).order_by(Content.id)


def _people(keep: int | None) -> sa.Select[User]:
    query = sa.select(User).where(User.sample).order_by(User.id)
    return query.where(User.id != keep) if keep is not None else query


def _media() -> sa.Select[Media]:
    return sa.select(Media).where(Media.source == BY).order_by(Media.id)


def _count(query: sa.Select[Any]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0


def left(keep: int | None = None) -> int:
    """How many things, pictures and accounts are still to go."""
    return sum(_count(query) for query in (_things(), _media(), _people(keep)))


def glance() -> Counts:
    """Things and accounts only, whoever edited them: cheap enough for every look at the desk."""
    return Counts(things=_count(_things()), people=_count(_people(None)))


def counts(keep: int | None = None) -> Counts:
    """`keep`: the number of an account that stays, sample or not."""
    texts = (
        sa.select(ContentText.id)
        .join(Content, Content.id == ContentText.content_id)
        .where(Content.origin == Origin.SAMPLE, ~_edited())
    )
    return Counts(
        things=_count(_things().where(~_edited())),
        texts=_count(texts),
        edited=_count(_things().where(_edited())),
        media=_count(_media()),
        people=_count(_people(keep)),
    )


def begin(*, by: str, keep: int | None = None) -> bool:
    """Note that everything of the samples shall go but the account `keep`; False when it was begun before. Flushes."""
    if db.session.get(Setting, REMOVING) is not None:
        return False
    found = counts(keep)
    value = asdict(found) | {"by": by, "keep": keep, "began": utc_now().isoformat(timespec="seconds")}
    db.session.add(Setting(key=REMOVING, value=value))
    audit.record("samples removed", actor=by, **asdict(found))
    db.session.flush()
    return True


def progress() -> tuple[int, int] | None:
    """How much is done, of how much; None when nothing is being removed."""
    row = db.session.get(Setting, REMOVING)
    if row is None:
        return None
    total = sum(row.value[name] for name in ("things", "edited", "media", "people"))
    return max(0, total - left(row.value["keep"])), total


def step() -> bool:
    """A piece of the work, wherever it was begun: False once nothing is left. The caller commits."""
    row = db.session.get(Setting, REMOVING, with_for_update=True)
    if row is None:
        return False
    until, keep = time.monotonic() + SECONDS, row.value["keep"]
    for work in (drop_texts, drop_media, lambda until: drop_people(until, keep=keep)):
        work(until)
        if time.monotonic() >= until:
            return True
    drop_specialists()
    drop_consultants()
    drop_polls()
    drop_traces()
    db.session.delete(row)
    left = db.session.get(Setting, LEFT) or Setting(key=LEFT)
    left.value = utc_now().isoformat(timespec="seconds")
    db.session.add(left)
    site_changed()
    db.session.flush()
    return False


def keep_on() -> None:
    """For the loop of jobs: what was begun is finished. Commits after every step."""
    while step():
        db.session.commit()
    db.session.commit()


def come_back() -> None:
    """They were asked for again."""
    db.session.execute(sa.delete(Setting).where(Setting.key == LEFT))


def were_left() -> bool:
    """Whether somebody chose to start without the samples."""
    return db.session.get(Setting, LEFT) is not None


def drop_texts(until: float = math.inf) -> int:
    """How many went before the moment `until` of the monotonic clock. What somebody has edited stays, as the site's
    own. Flushes."""
    gone = 0
    batch = _things().add_columns(_edited().label("edited")).limit(BATCH)
    while time.monotonic() < until and (rows := db.session.execute(batch).all()):
        for sample, edited in rows:
            if time.monotonic() >= until:
                break
            if edited:
                sample.origin, sample.key = Origin.OWN, None
                for text in sample.texts:
                    if text.status == Status.PUBLISHED and gate.faults(text):
                        text.status = (
                            Status.DRAFT
                        )  # its label went, and it lacks what a page of the site's own must have
                content_changed(sample.id)
            else:
                services.delete_content(sample, by=BY)
                gone += 1
            db.session.flush()
    return gone


def drop_media(until: float = math.inf) -> int:
    gone = 0
    for media in db.session.scalars(_media()).all():
        if time.monotonic() >= until:
            break
        (Path(current_app.instance_path) / "media" / media.name).unlink(missing_ok=True)
        db.session.delete(media)
        gone += 1
    db.session.flush()
    return gone


def drop_people(until: float = math.inf, *, keep: int | None = None) -> int:
    """The accounts of the sample site, with their subscriptions, links and letters, as if they had asked for it."""
    gone = 0
    for user in db.session.scalars(_people(keep)).all():
        if time.monotonic() >= until:
            break
        carriers.forget_files(erasure.erase(user))
        gone += 1
    if gone and not _count(_people(None)):
        (Path(current_app.instance_path) / PASSWORD_FILE).unlink(missing_ok=True)
    return gone


def drop_specialists() -> None:
    """Opinions that nobody gave, and the records of the samples: also from pages that stay."""
    pages: set[int] = set()
    for opinion in db.session.scalars(sa.select(Opinion).where(Opinion.origin == Origin.SAMPLE)).all():
        pages.add(opinion.content_id)
        db.session.delete(opinion)
    trials = db.session.scalars(sa.select(Trial).where(Trial.origin == Origin.SAMPLE)).all()
    drugs = db.session.scalars(sa.select(DrugUpdate).where(DrugUpdate.origin == Origin.SAMPLE)).all()
    records: list[Trial | DrugUpdate] = [*trials, *drugs]
    for row in records:
        pages.update(specialists.linked_pages(row))
        db.session.delete(row)
    db.session.flush()
    if pages:
        content_changed(*sorted(pages))


def drop_consultants() -> None:
    """The people of the samples, who do not exist. Who signs a page that somebody has edited stays as a name and leaves
    the corner."""
    for person in db.session.scalars(sa.select(Person).where(Person.key.is_not(None))):
        if people.page_count(person.id):
            person.key, person.listed, person.user_id = None, False, None
            profiles.drop(person)
        else:
            db.session.delete(person)
    db.session.flush()


def drop_polls() -> None:
    """What somebody has changed is the site's own by now."""
    db.session.execute(sa.delete(Poll).where(Poll.sample))
    db.session.flush()


def drop_traces() -> None:
    """Digests that told of samples only. Once the site has news of its own, the newest run of each occasion stays:
    from it the next one knows where to begin."""
    editions.forget_empty()
    empty = sa.and_(
        Digest.mailing_id.is_(None),
        Digest.state != Stage.STAGING,
        ~sa.exists().where(Edition.digest_id == Digest.id),
    )
    query = sa.delete(Digest).where(empty)
    if db.session.scalar(sa.select(sa.exists().where(Happening.id.is_not(None)))):
        newest = sa.select(sa.func.max(Digest.id)).group_by(Digest.occasion)
        query = query.where(Digest.id.not_in(newest))
    db.session.execute(query.execution_options(synchronize_session=False))

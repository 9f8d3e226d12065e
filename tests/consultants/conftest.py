"""People of the corner in tests."""

import datetime as dt

import pytest
import sqlalchemy as sa

from medportal.blueprints.content import services as contents
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.people import Person, PersonText
from medportal.models.taxonomy import Specialty
from tests.corner import NAMES, SLUGS


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to("2026-03-01 10:00:00+00:00")


@pytest.fixture
def make(in_app):
    """Somebody who stands in the corner; the number."""

    def add(slugs=None, biography=None, specialty=None, **values):
        facts = {
            "name": NAMES,
            "listed": True,
            "gender": "feminine",
            "rank": "consultant",
            "languages": ["ar"],
        }
        person = Person(**facts | values)
        slugs = SLUGS if slugs is None else slugs
        person.texts = [
            PersonText(lang=code, slug=slug, biography=(biography or {}).get(code, ""))
            for code, slug in slugs.items()
        ]

        def keep():
            if specialty:
                slug, name = specialty
                found = db.session.scalar(sa.select(Specialty).where(Specialty.slug == slug))
                person.specialties = [found or Specialty(slug=slug, name=name)]
            db.session.add(person)
            db.session.flush()
            site_changed()
            return person.id

        return in_app(keep)

    return add


@pytest.fixture
def sign(in_app, make_content, text_of):
    """A text that bears the name, in one language."""

    def write(person, title, role="author", lang="en", kind="article", review=False, publish=True):
        number = make_content(kind=kind, langs=(lang,), title=title, publish=publish)

        def credit():
            who = db.session.get_one(Person, person)
            if review:
                days = {"on": dt.date(2026, 1, 1), "next_due": dt.date(2030, 1, 1)}
                contents.record_review(text_of(number, lang), who, by="test", **days)
            else:
                contents.add_credit(db.session.get_one(Content, number), who, role)

        in_app(credit)
        return number

    return write


@pytest.fixture
def doctor(as_, make, in_app):
    """A consultant with a profile, signed in; the person's number is 1."""
    browser = as_("consultant")
    number = make(biography={"en": "<p>Old words</p>"}, interests={})

    def link():
        db.session.get_one(Person, number).user_id = 1

    in_app(link)
    return browser

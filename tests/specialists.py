"""Who signs, opinions, trials and medicines: what the tests of specialists' sections are made of."""

import datetime as dt

import pytest
import sqlalchemy as sa

from medportal.blueprints.content import services as content_services
from medportal.blueprints.specialists import services
from medportal.changes import content_changed
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.people import Person, PersonSpecialty
from medportal.models.specialist import (
    DrugUpdate,
    Trial,
)
from medportal.models.taxonomy import Specialty

PATH = {"en": "/en/diseases/test-disease", "ar": "/ar/diseases/مرض-تجريبي"}
WORDS = {"en": "I would wait and see.", "ar": "رأيي أن ننتظر ونرى."}
TODAY = dt.datetime.now(dt.UTC).date()


def screen(content, *parts):
    return "/".join(["/en/admin/specialists", str(content), *map(str, parts)])


@pytest.fixture
def specialist(in_app):
    """A consultant who may sign; the number."""

    def make(**values):
        facts = {
            "name": {"en": "Sample Signer", "ar": "د. نموذج موقِّع"},
            "rank": "consultant",
            "interests": {},
        }

        def work():
            person = Person(**(facts | values))
            specialty = db.session.scalar(sa.select(Specialty).limit(1)) or Specialty(
                slug="cardiology", name={"en": "Cardiology", "ar": "أمراض القلب"}
            )
            db.session.add_all([person, specialty])
            db.session.flush()
            db.session.add(PersonSpecialty(person_id=person.id, specialty_id=specialty.id))
            return person.id

        return in_app(work)

    return make


@pytest.fixture
def opine(in_app, specialist):
    def make(content_id, *, publish=True, texts=WORDS, **values):
        person = values.pop("person", None) or specialist()
        facts = {"given_on": dt.date(2026, 1, 15), "interests": {}} | values

        def work():
            opinion = services.add_opinion(
                db.session.get_one(Content, content_id),
                services.OpinionFacts(person=db.session.get_one(Person, person), texts=texts, **facts),
                by="test",
            )
            if publish:
                services.publish_opinion(opinion, by="test")
            return opinion.id

        return in_app(work)

    return make


@pytest.fixture
def make_trial(in_app):
    def make(*pages, number="NCT00000001", **values):
        facts = {
            "register": "ClinicalTrials.gov", "number": number, "title": "A sample trial", "status": "recruiting",
            "status_as_of": TODAY, "phase": "PHASE3", "conditions": ["Test disease"], "countries": ["EG"],
            "url": f"https://clinicaltrials.gov/study/{number}",
        }  # fmt: skip

        def work():
            row = Trial()
            services.save_record(row, facts | values, by="test")
            for page in pages:
                services.link(row, page, by="test")
            return row.id

        return in_app(work)

    return make


@pytest.fixture
def make_drug(in_app):
    def make(*pages, **values):
        facts = {
            "name": "Brandname", "generic": "genericum", "kind": "label", "issuer": "Sample maker",
            "issued_on": dt.date(2026, 2, 3), "source": "Sample register", "url": "https://register.example/1",
        }  # fmt: skip

        def work():
            row = DrugUpdate()
            services.save_record(row, facts | values, by="test")
            for page in pages:
                services.link(row, page, by="test")
            return row.id

        return in_app(work)

    return make


@pytest.fixture
def relate(in_app):
    def make(one, *others):
        def work():
            content_services.relate(one, list(others))
            content_changed(one)

        in_app(work)

    return make

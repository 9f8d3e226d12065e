"""Questions to consultants in tests: a site that takes them, a consultant with an account, and a question on its way."""

import datetime as dt
import json
import re
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
import time_machine

from medportal.extensions import db
from medportal.models.consultation import Question
from medportal.models.people import Person, PersonText
from medportal.models.setting import Setting
from medportal.models.user import User
from tests.editing import submit
from tests.people import Page, Visitor

ASK = "/{lang}/consultants/ask?country=other&on=1"
ADDRESS = "samira@mail.example.com"
SECRET = "zebrawords"
"""Stands in every text of a question and nowhere else."""
TITLE = {"en": f"Does {SECRET} bread harm me?", "ar": f"هل يضرني خبز {SECRET}؟"}
BODY = {
    "en": f"I eat {SECRET} bread every day. My number is 0944 123 456.",
    "ar": f"آكل خبز {SECRET} كل يوم. رقمي 0944 123 456.",
}
VERSION = {
    "en": ("Does barley bread do harm?", "Somebody eats barleyversion bread every day."),
    "ar": ("هل يضر خبز الشعير؟", "شخص يأكل خبز barleyversion كل يوم."),
}
ANSWER = {"en": "Barleyanswer bread does no harm.", "ar": "خبز barleyanswer لا يضر."}


def open_questions(**changes: Any) -> None:
    """All that the owner has to arrange, in an app's context."""
    physician = Person(name={"en": "Dr Responsible", "ar": "د. مسؤولة"}, interests={}, listed=True)
    db.session.add(physician)
    db.session.flush()
    values: dict[str, Any] = {
        "questions_on": True,
        "questions_physician": physician.id,
        "questions_reply_days": 5,
        "questions_look_in_days": 2,
        "questions_terms": {"en": "Terms in English.", "ar": "شروط بالعربية."},
        "questions_looked_in_at": dt.datetime.now(dt.UTC).isoformat(),
    } | changes
    db.session.add_all(Setting(key=key, value=value) for key, value in values.items() if value is not None)


def add_consultant(user_id: int, name: str = "Dr Nuha Sample", **values: Any) -> int:
    """A listed person with this account."""
    facts: dict[str, Any] = {
        "name": {"en": name, "ar": "د. نهى نموذج"},
        "degrees": [{"abbr": "MD", "meaning": {"en": "doctor of medicine", "ar": "دكتوراه في الطب"}}],
        "interests": {},
        "listed": True,
        "user_id": user_id,
    }
    texts = [PersonText(lang="en", slug=f"p{user_id}"), PersonText(lang="ar", slug=f"p{user_id}")]
    person = Person(**(facts | values), texts=texts)
    db.session.add(person)
    db.session.flush()
    return person.id


def ask(browser: Visitor, lang: str = "en", status: int = 303, **changes: Any) -> Page:
    page = browser.get(ASK.format(lang=lang))
    typed = {
        "title": TITLE[lang],
        "body": BODY[lang],
        "age": "adult",
        "terms": "y",
        "health": "y",
        "publish": "yes",
    }
    if page.all("#email"):
        typed["email"] = ADDRESS
    return submit(browser, page, status, form="main form", **typed | changes)


def press(browser: Visitor, path: str, what: str, status: int = 303, **changes: Any) -> Page:
    """The button of a page whose form's address ends so."""
    return submit(browser, browser.get(path), status, form=f"main form[action$='{what}']", **changes)


class Desk:
    """The owner, with the question open."""

    def __init__(self, owner: Visitor, number: int, lang: str = "en") -> None:
        self.owner, self.number, self.path = owner, number, f"/{lang}/admin/questions/{number}"

    def open(self) -> None:
        press(self.owner, self.path, "/open")

    def assign(self, person: int, **changes: Any) -> None:
        press(self.owner, self.path, "/assign", person=str(person), **changes)

    def press(self, what: str, status: int = 303, **changes: Any) -> Page:
        return press(self.owner, self.path, f"/{what}", status, **changes)

    def offer(self, *langs: str, status: int = 303, **changes: Any) -> Page:
        version = {f"title_{code}": VERSION[code][0] for code in langs}
        version |= {f"body_{code}": VERSION[code][1] for code in langs}
        return press(self.owner, f"{self.path}/version", "/version", status, **version | changes)


def work(consultant: Visitor, number: int, *langs: str, reference: bool = True) -> None:
    """The consultant writes an answer and hands it over."""
    path = f"/en/consultants/work/questions/{number}"
    answer = {f"body_{code}": ANSWER[code] for code in langs}
    if reference:
        answer |= {"title": "A guideline", "year": "2024"}
    press(consultant, path, f"/{number}", hand="1", **answer)


def the_question() -> Question:
    return db.session.scalars(sa.select(Question)).one()


def user_number(email: str) -> int:
    return db.session.scalars(sa.select(User.id).where(User.email == email)).one()


def in_days(days):
    return time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=days))


def everywhere(browser, lang):
    """The words of all that anybody may read where a question could stand."""
    slug = VERSION[lang][0].rstrip("?\u061f").replace(" ", "-").lower()
    found = [f"/{lang}/search?q={word}" for word in (SECRET, "barleyversion", "barleyanswer")]
    found += [f"/api/search?lang={lang}&q=barleyversion", f"/{lang}/search/suggest?q={VERSION[lang][0][:9]}"]
    found += [f"/{lang}/questions/{slug}", f"/{lang}/questions/{slug}.json", f"/{lang}/d/1"]
    lists = [f"/{lang}/", f"/{lang}/questions/", f"/{lang}/feeds/all.xml", f"/{lang}/feeds/questions.xml"]
    lists += ["/sitemap.xml", f"/{lang}/corrections", f"/{lang}/feeds/corrections.xml"]
    pages = [browser.get(path) for path in lists]
    pages += [browser.get(path, None) for path in (*found, f"/sitemap-{lang}-1.xml")]
    return " ".join(_words(page) for page in pages)


def _words(page):
    if page.response.is_json:
        return json.dumps(page.response.get_json(), ensure_ascii=False)
    return re.sub(r"<[^>]+>|[\u2066-\u2069]", "", unquote(page.html))


def shown(browser, lang):
    """Which sentences of the question, its version and its answer anybody can read."""
    told = [TITLE[lang], BODY[lang], *VERSION[lang], ANSWER[lang]]
    words = everywhere(browser, lang)
    return [sentence for sentence in told if sentence.rstrip("?.\u061f") in words]


def assigned(member, owner, consultant, look, lang="en", **changes):
    """A question that the consultant has; the owner's desk with it open."""
    ask(member, lang, **changes)
    desk = Desk(owner, look(lambda q: q.id))
    desk.open()
    desk.assign(consultant.person)
    return desk


def published(member, owner, consultant, look, *, langs=("ar", "en")):
    desk = assigned(member, owner, consultant, look, publish="yes")
    number = desk.number
    work(consultant, number, *langs)
    desk.offer(*langs)
    press(member, f"/en/account/questions/{number}", "/agree", sure="y")
    desk.press("publish", reviewed="y")
    return number


def everything(in_app):
    return in_app(lambda: str([db.session.execute(sa.select(t)).all() for t in db.metadata.sorted_tables]))

"""Following a consultant: from the button on the profile to the letter, and back."""

import csv
import io
import json
import re

import pytest
import sqlalchemy as sa
from flask import render_template
from flask_migrate import downgrade, upgrade

from medportal import mail
from medportal.blueprints.content import services as contents
from medportal.digests import subscribers
from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.people import Person, PersonText
from medportal.models.subscription import Follow, Subscriber
from medportal.models.taxonomy import Category
from medportal.models.user import Token
from tests.subscribing import READER, change, join, mailbox, run, the, words

FORM = {"email": READER, "frequency": "weekly", "language": "en"}
NAMES = {"en": "Sample Consultant", "ar": "د. نموذج"}


@pytest.fixture
def consultant(in_app):
    """`consultant("Sample Consultant", listed=False)`: the number of somebody in the corner, or outside."""

    def make(name="Sample Consultant", *, listed=True):
        person = Person(name=NAMES | {"en": name}, listed=listed)
        slug = name.lower().replace(" ", "-")
        person.texts = [PersonText(lang=lang, slug=f"{slug}-{lang}") for lang in NAMES]
        db.session.add(person)
        db.session.flush()
        return person.id

    return lambda *args, **values: in_app(lambda: make(*args, **values))


@pytest.fixture
def sign(in_app):
    """Puts a name to a text."""

    def add(content, person, role="author", lang=None):
        thing, named = db.session.get_one(Content, content), db.session.get_one(Person, person)
        contents.add_credit(thing, named, role, lang=lang)

    return lambda *args, **values: in_app(lambda: add(*args, **values))


@pytest.fixture
def leave(in_app):
    """Takes somebody out of the corner."""

    def unlist(person):
        db.session.get_one(Person, person).listed = False

    return lambda person: in_app(lambda: unlist(person))


@pytest.fixture
def followed(in_app):
    return lambda email=READER: in_app(lambda: subscribers.wishes_of(the(email)).people)


def manage(in_app, lang="en", **wishes):
    """The preferences of a new reader who follows this and nothing else."""

    def link():
        return subscribers.link(join(kinds=[], lang=lang, **wishes).seed, subscribers.MANAGE)

    return f"/{lang}/subscriptions/manage/{in_app(link)}"


def told(letter):
    """The titles of its entries."""
    return sorted(re.findall(r"^\* \W*(\w+)", words(letter), re.M))


# The button


def test_the_button_leads_to_a_form_that_says_who_is_followed(app, read, consultant, lang):
    person = consultant()
    with mail.language(app, lang):
        button = render_template(
            "subscriptions/_follow_person.html", person=db.session.get_one(Person, person)
        )
    address = f"/{lang}/subscriptions/?person={person}"
    assert f'href="{address}"' in button
    page = read(address)
    assert NAMES[lang] in page.one("h1").get_text()
    assert page.all(f'form[action="{address}"]')
    other = "en" if lang == "ar" else "ar"
    assert page.one(".switch__link")["href"] == f"/{other}/subscriptions/?person={person}"


def test_who_is_not_in_the_corner_has_no_button_and_is_not_followed(
    app, visitor, consultant, letters, followed, lang
):
    person = consultant(listed=False)
    with mail.language(app, lang):
        row = db.session.get_one(Person, person)
        assert render_template("subscriptions/_follow_person.html", person=row).strip() == ""
    path = f"/{lang}/subscriptions/?person={person}"
    browser = visitor()
    assert NAMES[lang] not in browser.get(path).text
    browser.send_bare(path, 422, **FORM)  # nothing else was chosen
    browser.send_bare(path, **FORM, kinds="news")
    browser.send_bare(letters()[0].link)
    assert followed() == frozenset()


@pytest.mark.parametrize("number", ["0", "-1", "99", "x", "9" * 30])
def test_who_does_not_exist_is_not_followed(read, number):
    assert read(f"/en/subscriptions/?person={number}").all("h1")


def test_one_follows_without_an_account(visitor, consultant, letters, followed, lang):
    person = consultant()
    browser = visitor()
    browser.send_bare(f"/{lang}/subscriptions/?person={person}", **FORM)
    [letter] = letters()
    assert NAMES[lang] not in letter.text  # whoever reads the inbox learns nothing
    page = browser.get(letter.link)
    assert NAMES[page.one("html")["lang"]] in page.one("main ul").get_text()
    page = browser.get(browser.send_bare(letter.link).response.headers["Location"])
    assert page.all(f'form[action$="/unfollow"] input[name=person][value="{person}"]')
    assert followed() == {person}


def test_who_left_between_asking_and_confirming_is_not_followed(
    visitor, consultant, letters, followed, leave
):
    person = consultant()
    browser = visitor()
    browser.send_bare(f"/en/subscriptions/?person={person}", **FORM, kinds="news")
    leave(person)
    assert NAMES["en"] not in browser.get(letters()[0].link).one("main ul").get_text()
    browser.send_bare(letters()[0].link)
    assert followed() == frozenset()


def test_a_link_from_before_consultants_could_be_followed_still_confirms(visitor, letters, in_app):
    browser = visitor()
    browser.send_bare("/en/subscriptions/", **FORM, kinds="news")

    def age():
        token = db.session.scalars(sa.select(Token).where(Token.purpose == "subscribe")).one()
        token.data = {name: value for name, value in token.data.items() if name != "people"}

    in_app(age)
    browser.get(letters()[0].link)
    browser.send_bare(letters()[0].link)
    assert in_app(lambda: subscribers.wishes_of(the()).kinds) == {"news"}


def test_members_follow_with_one_button_and_let_go_with_another(as_, consultant, followed, letters, lang):
    person, browser = consultant(), as_("member")
    page = browser.get(f"/{lang}/subscriptions/?person={person}")
    browser.send(page.one('form[action*="/account/follow"]')["action"])
    assert letters() == []
    page = browser.get(f"/{lang}/account/subscriptions")
    assert NAMES[lang] in page.one("section[aria-labelledby=followed]").get_text()
    browser.send(f"/{lang}/account/subscriptions", kinds="news", frequency="daily", language=lang)
    assert followed("member@mail.example.com") == {person}  # saving the ticks keeps it
    browser.send(page.one('form[action$="/unfollow"]')["action"], person=str(person))
    assert followed("member@mail.example.com") == frozenset()


# What comes of it


def test_what_a_consultant_signs_for_comes_once(in_app, consultant, sign, make_content, make_category, lang):
    make_category()
    person = consultant()

    def category():
        return db.session.scalars(sa.select(Category.id)).one()

    in_app(lambda: join(kinds=["article"], lang=lang, people=[person], categories=[category()]))
    sign(make_content("article", title="Signed", categories=["heart"]), person)
    sign(make_content("question", title="Answered"), person, "work_group")
    sign(make_content("news", title="Reviewed"), person, "reviewer")
    in_app(run)
    [letter] = in_app(mailbox)
    assert told(letter) == ["Answered", "Signed"]
    in_app(run)
    assert in_app(mailbox) == []


def test_changes_and_corrections_come_with_the_digest(in_app, consultant, sign, make_content):
    person = consultant()
    content = make_content("article", title="Signed")
    sign(content, person)
    in_app(lambda: join(kinds=[], people=[person]))
    for how in ({}, {"safety": True}):
        in_app(lambda how=how: change(content, words=f"Now {how}.", **how))
        in_app(run)
        [letter] = in_app(mailbox)
        assert told(letter) == ["Signed"]


def test_readers_of_the_other_language_are_told_if_they_allow_it(in_app, consultant, sign, make_content):
    person = consultant()
    in_app(lambda: join(kinds=[], lang="ar", people=[person]))
    in_app(lambda: join("two@mail.example.com", kinds=[], lang="ar", people=[person], other_language=True))
    sign(make_content("article", langs=("en",), title="Signed"), person)
    in_app(run)
    [letter] = in_app(mailbox)
    assert letter["To"] == "two@mail.example.com"


def test_who_left_the_corner_is_silent_and_said_to_be_gone(
    in_app, visitor, consultant, sign, leave, followed, make_content, lang
):
    person = consultant()
    path = manage(in_app, lang, people=[person])
    assert not visitor().get(path).all("section[aria-labelledby=followed] .muted")
    leave(person)
    sign(make_content("article"), person)
    in_app(run)
    assert in_app(mailbox) == []
    browser = visitor()
    row = browser.get(path).one("section[aria-labelledby=followed] .row")
    assert NAMES[lang] in row.get_text()
    assert row.select(".muted")
    assert not row.select("a")
    browser.send_bare(path, kinds="news", frequency="daily", language=lang)
    assert followed() == {person}  # in case of a return
    browser.send_bare(f"{path}/unfollow", person=str(person))
    assert followed() == frozenset()


# A copy, a table, the desk


def test_the_copy_of_what_is_stored_names_whom_one_follows(in_app, visitor, consultant, lang):
    path = manage(in_app, lang, people=[consultant()])
    assert json.loads(visitor().send_bare(f"{path}/export", 200).html)["consultants"] == [NAMES[lang]]


def test_the_owner_takes_followers_in_and_never_sees_whom_they_follow(as_, consultant, followed, lang):
    person, gone = consultant(), consultant("Gone", listed=False)
    owner = as_("owner")
    table = f"email,consultants\n{READER},sample-consultant-ar gone-en nobody\n"
    owner.send(f"/{lang}/admin/subscribers/import", 200, table=table, consent="have", note="Former list")
    assert followed() == {person}
    assert gone
    assert NAMES[lang] not in owner.get(f"/{lang}/admin/subscribers").text
    out = owner.send(f"/{lang}/admin/subscribers/export", 200).html
    [row] = csv.DictReader(io.StringIO(out.lstrip("\ufeff")))
    assert "consultants" not in row
    assert "sample-consultant" not in out


def test_a_merge_moves_followers_and_counts_nobody_twice(as_, in_app, consultant, lang):
    gone, kept = consultant("Dr Layla S"), consultant("Dr Layla Sample")
    in_app(lambda: join("one@mail.example.com", kinds=[], people=[gone]))
    in_app(lambda: join("two@mail.example.com", kinds=[], people=[gone, kept]))
    as_("editor").send(f"/{lang}/admin/people/{gone}/merge", into=str(kept))
    rows = in_app(lambda: [(f.subscriber_id, f.person_id) for f in db.session.scalars(sa.select(Follow))])
    assert sorted(rows) == [(1, kept), (2, kept)]


def test_a_person_who_is_deleted_is_followed_by_nobody(as_, in_app, consultant, lang):
    person = consultant()
    in_app(lambda: join(people=[person]))
    as_("editor").send(f"/{lang}/admin/people/{person}/delete", sure="y")
    assert in_app(lambda: db.session.scalar(sa.select(Follow.id).where(Follow.what == "person"))) is None
    assert in_app(lambda: len(the().follows)) == 7


# The database


def test_a_row_says_whom_it_follows_and_nobody_is_followed_twice(in_app, consultant):
    person = consultant()
    number = in_app(lambda: join(kinds=[], people=[person]).id)
    for wrong in (
        Follow(subscriber_id=number, what="person"),
        Follow(subscriber_id=number, what="person", person_id=person),
    ):
        with pytest.raises(sa.exc.IntegrityError):
            in_app(lambda row=wrong: db.session.add(row))


@pytest.fixture
def scratch(app, make_app, tmp_path):
    """A database of its own; on PostgreSQL the worker's, left empty."""
    other = make_app(INSTANCE_PATH=tmp_path)
    with other.app_context():
        upgrade()
        yield other
        db.session.remove()
        upgrade()
        for model in (Subscriber, Person):
            db.session.execute(sa.delete(model))
        db.session.commit()


def test_going_back_loses_whom_one_follows_and_nothing_else(scratch):
    def follows():
        rows = db.session.execute(sa.text("SELECT subscriber_id, what, kind FROM follow ORDER BY what")).all()
        db.session.rollback()
        return [tuple(row) for row in rows]

    person = Person(name=NAMES, listed=True)
    db.session.add(person)
    db.session.flush()
    join(kinds=["news"], people=[person.id])
    db.session.commit()
    number = db.session.scalars(sa.select(Subscriber.id)).one()
    assert follows() == [(number, "kind", "news"), (number, "person", None)]
    downgrade(revision="0013")
    assert follows() == [(number, "kind", "news")]
    upgrade()
    assert follows() == [(number, "kind", "news")]

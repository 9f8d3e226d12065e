"""Every view has a rule, and every rule holds for every role and method (21, 23)."""

import re

import pytest

from medportal.access import RULES, rule_of
from medportal.models.user import Role

WHO = ["nobody", *Role]
VALUES = {
    "lang:lang": "en",
    "int:number": "1",
    "int(max=2147483647):number": "1",
    "token": "x" * 43,
    "any(disabled, enabled, sessions, factor):action": "enabled",
    "any(release, discard):what": "discard",
    "kind:kind": "diseases",
    "slug:slug": "test-disease",
    "fixed:slug": "contact",
    "lang:of": "en",
    "int:revision": "1",
    "int:position": "1",
    "int:credit": "1",
}


def path_of(rule):
    return re.sub(r"<([^>]+)>", lambda found: VALUES.get(found[1]) or _first(found[1]), rule.rule)


def _first(converter):
    """`any(pause, resume):action` → pause."""
    choice = re.match(r"any\((\w+)", converter)
    return choice[1] if choice else "x"


def views(app, *, private):
    for rule in app.url_map.iter_rules():
        name = rule_of(app, rule.endpoint)
        if (RULES[name].roles is not None or RULES[name].halfway) == private:
            yield RULES[name], rule, path_of(rule)


@pytest.fixture
def browsers(as_, visitor):
    return {"nobody": visitor(), **{role: as_(role) for role in Role}}


def test_21_every_view_has_a_rule(app):
    assert {rule_of(app, rule.endpoint) for rule in app.url_map.iter_rules()} == set(RULES)


@pytest.mark.parametrize("who", WHO)
def test_23_every_private_view_refuses_whom_its_rule_refuses(app, browsers, who):
    browser = browsers[who]
    for rule, view, path in views(app, private=True):
        for method in sorted(view.methods - {"OPTIONS", "HEAD"}):
            if view.endpoint in ("accounts.sign_out", "profile.keep"):
                continue  # they would change what the next lines look at
            token = browser.token() if who != "nobody" else ""
            answer = browser.client.open(
                path,
                method=method,
                data={"csrf_token": token} if method == "POST" else None,
                headers=browser.headers,
            )
            allowed = rule.roles is not None and who in rule.roles
            case = (who, method, path, answer.status_code)
            if allowed:
                assert answer.status_code not in (401, 403, 405, 500), case
            elif who == "nobody" or rule.halfway:
                assert answer.status_code == (303 if method == "GET" else 401), case
            else:
                assert answer.status_code == 403, case


@pytest.mark.parametrize("who", WHO)
def test_23_open_views_are_open_to_everybody(app, browsers, who):
    for _, view, path in views(app, private=False):
        if "GET" in view.methods and view.endpoint != "assets.static":
            answer = browsers[who].client.get(path)
            assert answer.status_code not in (401, 403, 500), path
            answer.close()


@pytest.mark.parametrize("token", ["", "forged", "IjEyMzQi.aSHxxw.forged"])
def test_19_every_private_form_asks_for_the_token_of_the_session(app, as_, token):
    owner, consultant = as_("owner"), as_("consultant")
    for rule, view, path in views(app, private=True):
        if "POST" in view.methods and not rule.halfway:
            browser = owner if Role.OWNER in rule.roles else consultant
            page = browser.send_bare(path, 400, csrf_token=token)
            assert page.one("form.form")["action"] == path


def test_19_the_token_of_another_session_is_none(as_):
    browser, other = as_("owner"), as_(email="other@mail.example.com")
    browser.send_bare("/en/account/profile", 400, csrf_token=other.token(), name="x", language="en")


def test_20_reading_as_the_owner_changes_nothing(app, as_, in_app, make_content):
    from medportal.extensions import db

    make_content()
    browser = as_("owner")

    def state():
        return in_app(
            lambda: str([db.session.execute(db.select(t)).all() for t in db.metadata.sorted_tables])
        )

    before = state()
    for rule in app.url_map.iter_rules():
        roles = RULES[rule_of(app, rule.endpoint)].roles
        if "GET" in rule.methods and (roles is None or Role.OWNER in roles):  # a refusal leaves a line
            browser.client.get(path_of(rule)).close()
            browser.client.head(path_of(rule)).close()
    assert state() == before


def test_a_refused_page_says_so_and_leaves_a_line(as_, in_app, lang):
    import sqlalchemy as sa

    from medportal.extensions import db
    from medportal.models.audit import Audit

    page = as_("member").get(f"/{lang}/admin/", 403)
    said = {"en": "This page is not open to your account", "ar": "هذه الصفحة غير متاحة لهذا الحساب"}
    assert page.one("h1").get_text(strip=True) == said[lang]
    assert ("member 1", "refused") in in_app(
        lambda: [(row.actor, row.action) for row in db.session.scalars(sa.select(Audit))]
    )

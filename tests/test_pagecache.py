"""Kept pages: what gets in, what never does, and when they go."""

import gzip
import threading
from collections.abc import Callable

import brotli
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from medportal.access import is_marked, rule_of
from medportal.changes import site_changed
from medportal.extensions import db
from medportal.models.content import ContentText
from tests.conftest import ORIGIN

NOT_KEPT = {
    "content.short": "a redirect",
    "feeds.change_password": "a redirect that follows the browser's languages",
    "feeds.favicon": "a file",
    "feeds.security_txt": "of no cost",
    "media.file": "a file, which browsers keep",
    "pages.contact_form": "its form says when it was shown",
    "pages.contact_sent": "nobody asks twice",
    "pages.front": "a redirect that follows the browser's languages",
    "pages.report": "its form says when it was shown",
    "pages.report_sent": "nobody asks twice",
    "polls.poll": "every vote changes it",
    "questions.sent": "nobody asks twice",
    "search.advanced": "follows what somebody types",
    "search.api": "follows what somebody types",
    "search.opensearch": "of no cost",
    "search.results": "follows what somebody types",
    "search.suggestions": "follows what somebody types",
    "subscriptions.sent": "nobody asks twice",
}


@pytest.fixture
def entered(app: Flask) -> list[str]:
    """The paths of the requests that got as far as Flask."""
    paths: list[str] = []
    inner = app.wsgi_app._inner

    def count(environ, start_response):
        paths.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    app.wsgi_app._inner = count
    yield paths
    app.wsgi_app._inner = inner


@pytest.fixture
def is_kept(client: FlaskClient, entered: list[str]) -> Callable[..., bool]:
    """Whether the second of two readers gets the page without Flask."""

    def ask(path: str, **first: str) -> bool:
        client.get(path, headers=first)
        entered.clear()
        client.get(path)
        return not entered

    return ask


def get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_every_public_page_is_kept_or_it_is_said_why_not(app):
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule_of(app, rule.endpoint) == "public"
    }
    kept = {name for name in app.view_functions if is_marked(app, name, "kept")}
    assert kept | set(NOT_KEPT) == public
    assert not kept & set(NOT_KEPT)


def test_the_second_reader_gets_the_same_page_without_flask(client, make_content, entered, lang):
    path = client.get(f"/{lang}/d/{make_content()}").location
    entered.clear()
    first = client.get(path)
    again = client.get(path)
    assert len(entered) == 1
    assert again.data == first.data
    for name in (
        "Content-Security-Policy",
        "Content-Type",
        "Cache-Control",
        "ETag",
        "X-Content-Type-Options",
    ):
        assert again.headers[name] == first.headers[name]
    assert again.headers["Cache-Control"] == "public, no-cache"
    assert {"Accept-Encoding", "HX-Request", "Cookie"} <= {
        v.strip() for v in again.headers["Vary"].split(",")
    }
    assert "X-Request-ID" not in again.headers
    assert "X-Cache" not in again.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
        ("*;q=0", None),
        ("junk;q=zz, ,;", None),
    ],
)
def test_each_reader_gets_an_encoding_that_was_asked_for(client, accepted, encoding):
    plain = client.get("/en/").data
    for _ in range(2):
        page = client.get("/en/", headers={"Accept-Encoding": accepted})
        assert page.headers.get("Content-Encoding") == encoding
        opened = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding](page.data)
        assert opened == plain
        assert int(page.headers["Content-Length"]) == len(page.data)


def test_who_has_the_page_is_told_so_in_few_bytes(client, entered):
    etag = client.get("/en/").headers["ETag"]
    for accepted in ("br", "gzip", "identity"):
        page = client.get("/en/", headers={"If-None-Match": f'"other", {etag}', "Accept-Encoding": accepted})
        assert (page.status_code, page.data, page.headers["ETag"]) == (304, b"", etag)
    assert client.get("/en/", headers={"If-None-Match": '"other"'}).status_code == 200
    assert len(entered) == 1


def test_the_first_reader_may_have_the_page_already(client, app):
    etag = client.get("/en/").headers["ETag"]
    with app.app_context():
        site_changed()
        db.session.commit()
    assert client.get("/en/", headers={"If-None-Match": etag}).status_code == 304


def test_head_says_what_get_says_without_the_body(client, entered):
    page = client.get("/en/")
    head = client.head("/en/")
    assert len(entered) == 1
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(page.data)))


def test_a_part_for_htmx_and_the_page_are_kept_apart(client, make_content, entered):
    make_content()
    for _ in range(2):
        part = get(client, "/en/diseases/", HX_Request="true")
        assert b"<html" not in part.data
        assert b"<html" in client.get("/en/diseases/").data
        restored = get(client, "/en/diseases/", HX_Request="true", HX_History_Restore_Request="true")
        assert b"<html" in restored.data
    assert len(entered) == 2


def test_what_others_add_to_links_does_not_make_another_page(client, entered):
    for query in ("", "?utm_source=mail&utm_medium=x", "?fbclid=1", "?gclid=2"):
        page = client.get(f"/en/{query}")
        assert b"utm_source" not in page.data
    assert len(entered) == 1


@pytest.mark.parametrize(
    "query",
    ["junk=1", "page=01", "page=1", "letter=1", "letter=zz", "category=none", "year=99", "page=x"]
    + ["when=past", "page=2&page=3", "q=words", "done=1", "%70age=2", "letter=a&letter=a", "%ff=1"],
)
def test_made_up_queries_get_no_place(client, is_kept, make_content, query):
    make_content()
    assert not is_kept(f"/en/diseases/?{query}")


def test_queries_that_mean_something_are_kept_in_any_order(app, client, entered, make_content, make_category):
    make_category("heart")
    for n in range(30):
        make_content(title=f"A {n}", langs=("en",), categories=["heart"])
    client.get("/en/diseases/?category=heart&letter=a&page=2")
    assert client.get("/en/diseases/?page=2&letter=a&category=heart").status_code == 200
    assert client.get("/en/diseases/?letter=a&%63ategory=heart&page=2&utm_source=x").status_code == 200
    assert len(entered) == 1


@pytest.mark.parametrize(
    "path", ["/en/nothing", "/en/diseases/none", "/", "/en/contact", "/healthz", "/en/search?q=x"]
)
def test_nothing_else_is_kept(is_kept, path):
    assert not is_kept(path)


@pytest.mark.parametrize("role", ["member", "consultant", "editor", "owner"])
def test_who_is_signed_in_passes_by_and_fills_nothing(as_, client, entered, role):
    member = as_(role)
    entered.clear()
    member.get("/en/")
    member.get("/en/")
    client.get("/en/")
    assert entered == ["/en/"] * 3
    client.get("/en/")
    assert len(entered) == 3


def test_a_page_is_kept_for_names_of_the_site_only(make_app):
    app = make_app(TRUSTED_HOSTS=["portal.example"], SITE_URL="https://portal.example")
    client = app.test_client()
    for _ in range(2):
        assert client.get("/en/", headers={"Host": "portal.example"}).status_code == 200
    assert client.get("/en/", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/en/", headers={"Host": "portal.example"}).status_code == 200


def test_a_change_empties_what_is_kept_everywhere(app, make_app, make_content, client):
    make_content()
    path, other = "/en/diseases/test-disease", make_app().test_client()
    for reader in (client, other):
        assert b"Test disease" in reader.get(path).data
    with app.app_context():
        text = db.session.scalar(sa.select(ContentText).where(ContentText.lang == "en"))
        text.title = "Other words"
        site_changed()
        db.session.commit()
    for reader in (client, other):
        assert b"Other words" in reader.get(path).data


def test_nothing_is_kept_while_the_counter_cannot_be_read(client, in_app, entered):
    def rename(old, new):
        in_app(lambda: db.session.execute(sa.text(f"ALTER TABLE {old} RENAME TO {new}")))

    client.get("/en/")
    rename("site_version", "elsewhere")
    try:
        for _ in range(2):
            assert client.get("/en/").status_code >= 500
    finally:
        rename("elsewhere", "site_version")
    assert len(entered) == 3


@pytest.mark.parametrize("root", ["/evil", "//evil.example", "/en"])
@pytest.mark.parametrize("megabytes", [0, 1])
def test_nobody_but_the_server_says_where_the_site_stands(make_app, make_content, root, megabytes):
    """gunicorn takes a header of that name for WSGI's SCRIPT_NAME."""
    make_content()
    client = make_app(PAGE_CACHE_MB=megabytes).test_client()
    client.get(f"{root}/en/diseases/", environ_overrides={"SCRIPT_NAME": root, "PATH_INFO": "/en/diseases/"})
    for path in ("/en/diseases/", "/en/"):
        assert "evil" not in client.get(path).get_data(as_text=True)


def test_a_page_is_no_younger_than_its_parts(client, time_machine):
    time_machine.move_to("2026-03-01 10:00:00+00:00", tick=False)
    client.get("/en/categories/")
    time_machine.shift(50)
    client.get("/en/polls/")
    time_machine.shift(20)
    layer = client.application.wsgi_app
    assert layer._find(("/en/polls/", "", False)) is None


def test_one_page_has_one_address(client, is_kept):
    assert is_kept("/sitemap-en-1.xml")
    assert not is_kept("/sitemap-en-01.xml")


def test_many_names_of_a_site_do_not_push_out_the_one_in_use(client, is_kept):
    for port in range(60):
        client.get("/en/", headers={"Host": f"localhost:{port}"})
    assert is_kept("/en/")


def test_a_page_that_changed_while_it_was_rendered_is_not_kept(app, client, entered):
    inner = app.wsgi_app._inner

    def slow(environ, start_response):
        answer = inner(environ, start_response)
        if len(entered) == 1:
            client.post("/en/contact", headers=ORIGIN)  # whoever writes lets the layer look again
            with app.app_context():
                site_changed()
                db.session.commit()
            client.get("/en/corrections")
        return answer

    app.wsgi_app._inner = slow
    client.get("/en/")
    app.wsgi_app._inner = inner
    entered.clear()
    client.get("/en/")
    assert entered == ["/en/"]


def test_a_crowd_makes_one_page(app, entered):
    ready = threading.Barrier(8)
    pages = []

    def reader():
        client = app.test_client()
        ready.wait()
        pages.append(client.get("/en/categories/"))

    threads = [threading.Thread(target=reader) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {page.status_code for page in pages} == {200}
    assert len({page.data for page in pages}) == 1
    rendered = [page for page in pages if page.headers["Content-Length"] != "0"]
    assert len(rendered) == 8


def test_what_was_used_longest_ago_goes_first(make_app, make_content):
    for n in range(3):
        make_content(title=f"Page {n}", langs=("en",))
    app = make_app()
    layer, client = app.wsgi_app, app.test_client()
    paths = [f"/en/diseases/page-{n}" for n in range(3)]
    client.get(paths[0])
    layer._limit = layer._size * 2 + 2000  # room for two
    for path in (paths[1], paths[0], paths[2]):
        client.get(path)
    assert {key[0] for key in layer._pages} == {paths[0], paths[2]}
    assert layer._size <= layer._limit


def test_only_development_is_told_where_a_page_came_from(make_app):
    client = make_app(DEBUG=True).test_client()
    assert [client.get("/en/").headers.get("X-Cache") for _ in range(2)] == ["made", "kept"]


def test_without_room_there_is_no_layer(make_app):
    client = make_app(PAGE_CACHE_MB=0).test_client()
    assert client.get("/en/").status_code == 200

"""The requirements of docs/security.md that have a subject so far; numbers are those of that table."""

import gzip
import io
import json
import logging

import brotli
import pytest

from medportal.blueprints.content.drafts import PartDraft, SectionDraft
from medportal.logs import JsonFormatter, log
from tests.conftest import ORIGIN
from tests.people import Page
from tests.test_access import path_of

PAGES = ["/en/", "/ar/diseases/", "/en/contact", "/en/nothing", "/ar/categories/"]
BODY = "A message that is long enough."


@pytest.mark.parametrize("path", [*PAGES, "/en/feeds/all.xml", "/healthz"])
def test_37_38_every_answer_carries_the_policy(client, path):
    headers = client.get(path).headers
    csp = headers["Content-Security-Policy"]
    assert csp.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    for rule in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'"):
        assert rule in csp
    assert "unsafe" not in csp
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    for name in ("Permissions-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"):
        assert headers[name]


def test_37_pages_hold_no_inline_script_style_or_handler(read, make_content):
    make_content(langs=("en",))
    for path in [*PAGES[:3], "/en/diseases/test-disease"]:
        page = read(path)
        assert not [s for s in page.all("script:not([src])") if s.get("type") != "application/ld+json"]
        assert not page.all("style, [style]")
        assert not [tag for tag in page.soup.find_all(True) for name in tag.attrs if name.startswith("on")]


def test_41_nothing_is_loaded_from_elsewhere(read, make_content):
    make_content(langs=("en",))
    page = read("/en/diseases/test-disease")
    loaded = [
        tag.get("src") or tag.get("href")
        for tag in page.all("script[src], link[rel=stylesheet], link[rel=preload], img")
    ]
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)


@pytest.mark.parametrize("path", ["/en/", "/ar/diseases/", "/en/contact", "/en/nothing"])
def test_18_anonymous_readers_get_no_cookie(client, path):
    assert "Set-Cookie" not in client.get(path).headers


def test_39_hsts_comes_with_https_only(client, make_app):
    assert "Strict-Transport-Security" not in client.get("/en/").headers
    secure = make_app(SITE_URL="https://portal.example").test_client()
    answer = secure.get("/en/contact", base_url="https://portal.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_40_public_pages_are_revalidated_and_private_answers_kept_by_nobody(client, make_content):
    make_content(langs=("en",))
    first = client.get("/en/diseases/")
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert {"HX-Request", "Cookie", "Accept-Encoding"} <= set(first.headers["Vary"].split(", "))
    again = client.get("/en/diseases/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.post("/en/contact", headers=ORIGIN).headers["Cache-Control"] == "no-store"
    assert client.get("/healthz").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("encoding", "unpack"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
def test_pages_travel_compressed_and_still_revalidate(client, encoding, unpack):
    first = client.get("/en/", headers={"Accept-Encoding": encoding})
    assert first.headers["Content-Encoding"] == encoding
    assert b"</html>" in unpack(first.data)
    again = client.get("/en/", headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_static_files_are_immutable_and_compressed_beforehand(client, read):
    address = read("/en/").one("link[rel=stylesheet]")["href"]
    with client.get(address, headers={"Accept-Encoding": "br"}) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "br"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert b"font-face" in brotli.decompress(answer.data)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Referer": "http://localhost/en/contact"},
    ],
)
def test_19_a_form_from_elsewhere_is_refused(send, headers):
    send("/en/contact", status=403, headers=headers, body=BODY)


@pytest.mark.parametrize("headers", [ORIGIN, {"Sec-Fetch-Site": "same-origin"}])
def test_19_our_own_forms_pass(send, headers):
    send("/en/contact", headers=headers, body=BODY)


def test_19_every_unsafe_view_stands_behind_the_same_origin_check(app, client):
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"GET", "HEAD", "OPTIONS"}:
            one_click = rule.endpoint == "subscriptions.unsubscribe"  # RFC 8058, and no other
            answer = client.open(path_of(rule), method=method)
            assert (answer.status_code == 403) is not one_click, rule.endpoint


def test_20_reading_changes_nothing(app, client, make_content, in_app):
    from medportal.extensions import db
    from medportal.models.setting import site_version

    make_content()
    tables = sorted(db.metadata.tables)

    def counts():
        return [db.session.execute(db.text(f'SELECT count(*) FROM "{name}"')).scalar() for name in tables] + [
            site_version()
        ]

    before = in_app(counts)
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<lang:lang>", "en").replace("<kind:kind>", "diseases")
        client.get(path.replace("<slug:slug>", "test-disease").replace("<fixed:slug>", "contact")).close()
    assert in_app(counts) == before


def test_21_a_view_without_a_rule_is_open_to_nobody(make_app):
    app = make_app()
    app.add_url_rule("/forgotten", view_func=lambda: "open", endpoint="forgotten")
    assert app.test_client().get("/forgotten").status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "127.0.0.2"])
def test_42_an_unknown_host_is_refused(client, host):
    answer = client.get("/en/", headers={"Host": host})
    assert answer.status_code == 400
    assert b"evil" not in answer.data


def test_42_addresses_come_from_the_settings_only(read, client):
    page = Page(
        client.get("/en/", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    )
    assert "evil.example" not in page.html
    assert page.one('link[rel="canonical"]')["href"] == "http://localhost/en/"


@pytest.mark.parametrize(
    "path",
    [
        "/en/%00",
        "/en/diseases/%00",
        "/en/diseases/%ff%fe",
        "/en/diseases/%ED%A0%80",
        "/en/diseases/?letter=%00",
        "/en/diseases/?page=%ff",
        "/en/diseases/?category=%ED%A0%80",
        "/en/diseases/?x=" + "a" * 1_000_000,
        "/%2e%2e/%2e%2e/etc/passwd",
        "/.git/config",
        "/.env",
        "/static/../config.py",
        "/media/../secret_key",
        "/media/%2e%2e%2fsecret_key",
        "/en/d/99999999999999999999999",
        "/en/d/-1",
        "/sitemap-en-0.xml",
        "/sitemap-en-99999999999999.xml",
        "/en/diseases/" + "a" * 5000,
        "/en/diseases/?page=1e9",
        "/en/diseases/?category=' OR 1=1--",
        "/en/diseases/{{7*7}}",
        "/en/feeds/..xml",
        "/en/diseases/?endpoint=x&_method=POST&_scheme=x&_anchor=x",
        "/en/categories/?values=x&self=y",
        "/xx/",
        "/en//",
    ],
)
def test_27_29_30_hostile_addresses_never_break_anything(client, path):
    answer = client.get(path)
    assert answer.status_code in (200, 301, 308, 400, 404)
    if answer.status_code == 200:
        assert b"OR 1=1" not in answer.data
    assert b"Traceback" not in answer.data


@pytest.mark.parametrize("bad", ["a\x00b" * 10, b"\xff\xfe" * 10, b"\xed\xa0\x80" * 10])
def test_29_broken_text_in_a_form_is_refused(client, bad):
    assert client.post("/en/contact", data={"body": bad}, headers=ORIGIN).status_code == 400


def test_31_large_and_strange_bodies_are_refused(client):
    assert client.post("/en/contact", data={"body": "a" * 3_000_000}, headers=ORIGIN).status_code == 413
    many = {f"field{n}": "x" for n in range(1500)}
    assert (
        client.post("/en/contact", data=many, headers=ORIGIN, content_type="multipart/form-data").status_code
        == 413
    )
    answer = client.post(
        "/en/contact", data=json.dumps({"body": BODY}), headers=ORIGIN, content_type="application/json"
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("status", [400, 403, 404, 413, 415])
def test_error_pages_speak_both_languages_and_lead_on(app, lang, status):
    from medportal.errors import page

    with app.test_request_context(f"/{lang}/"):
        answer = Page(page(status))
    assert answer.one("html")["lang"] == lang
    assert answer.one("h1").get_text()
    assert answer.all("main a")[0]["href"] == f"/{lang}/"
    assert {a["hreflang"] for a in answer.all(".switch__link")} == {"ar", "en"} - {lang}


def test_42_what_a_query_names_never_reaches_our_addresses(read, make_content):
    make_content("news", langs=("en",), title="News")
    page = read("/en/news/?_external=1&_scheme=evil&lang=ar&endpoint=x&foo=bar&utm_source=z&year=2026")
    assert page.one('link[rel="canonical"]')["href"] == "http://localhost/en/news/?year=2026"
    for name in ("evil", "foo=bar", "utm_source"):
        assert name not in page.html


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "\x01javascript:x", "//evil.example"],
)
def test_32_addresses_of_sources_are_of_allowed_schemes(read, make_content, address):
    parts = [
        PartDraft(html="<p>a</p>", source="S", source_url=address),
        PartDraft(html="<p>b</p>", source="T"),
    ]
    make_content(
        langs=("en",),
        references=[{"title": "R", "url": address}],
        sections=[SectionDraft(key="definition", parts=parts)],
    )
    assert not [
        a["href"]
        for a in read("/en/diseases/test-disease").all("a")
        if "alert" in a["href"] or "evil" in a["href"] or a["href"].startswith("data")
    ]


def test_31_files_are_refused_where_no_form_takes_them(client):
    data = {"body": (io.BytesIO(b"x" * 100), "a.txt")}
    assert (
        client.post("/en/contact", data=data, headers=ORIGIN, content_type="multipart/form-data").status_code
        == 400
    )


def test_the_owners_choices_appear_on_the_pages(read, make_content, in_app, lang):
    from medportal.extensions import db
    from medportal.models.setting import Setting

    choices = {
        "site_name": {"en": "Our portal", "ar": "بوابتنا"},
        "tagline": {"en": "Our words", "ar": "كلماتنا"},
        "disclaimer": {"en": "Our disclaimer", "ar": "إخلاؤنا"},
        "social_links": [
            {"name": "Mastodon", "url": "https://social.example/@us"},
            {"name": "Bad", "url": "javascript:x"},
        ],
    }
    in_app(lambda: db.session.add_all([Setting(key=key, value=value) for key, value in choices.items()]))
    parts = [PartDraft(html="<p>x</p>", urgency="emergency")]
    make_content(sections=[SectionDraft(key="when_to_get_help", parts=parts)])
    home = read(f"/{lang}/")
    for key in ("site_name", "tagline", "disclaimer"):
        assert choices[key][lang] in home.text
    assert home.one('a[href="https://social.example/@us"]')
    assert "javascript" not in home.html
    page = read(f"/{lang}/diseases/" + {"en": "test-disease", "ar": "مرض-تجريبي"}[lang])
    assert page.one(".urgency__number")
    assert choices["site_name"][lang] in read(f"/{lang}/feeds/all.xml").html


def test_27_a_fault_shows_a_kind_page_and_no_trace(make_app, lang):
    app = make_app()

    def broken():
        raise ValueError("secret detail")

    broken.access = "public"
    app.add_url_rule("/<lang:lang>/broken", view_func=broken)
    answer = Page(app.test_client().get(f"/{lang}/broken"))
    assert answer.status == 500
    assert "secret detail" not in answer.html
    assert answer.one("h1").get_text() == {"en": "Something went wrong here", "ar": "حدث خلل في الموقع"}[lang]


def test_28_what_is_typed_comes_back_escaped(send):
    page = send("/en/contact", status=422, name='"><script>alert(1)</script>', body="x")
    assert "<script>alert" not in page.html
    assert page.one("#name")["value"] == '"><script>alert(1)</script>'


def test_28_json_ld_cannot_be_left(read, make_content):
    make_content(langs=("en",), title="</script><script>alert(1)</script>", text={"slug": "x"})
    page = read("/en/diseases/x")
    assert "<script>alert(1)" not in page.html
    assert json.loads(page.one('script[type="application/ld+json"]').string)["name"].startswith("</script>")


def test_43_the_conventional_files_exist(client):
    text = client.get("/.well-known/security.txt").get_data(as_text=True)
    assert "Contact: http://localhost/en/contact" in text
    assert "Expires: " in text
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").get_data(as_text=True)


def test_63_logs_hold_no_address_and_no_query(make_app):
    app = make_app(LOG_LEVEL="INFO")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    log.handlers = [handler]
    client = app.test_client()
    client.get("/en/diseases/?letter=s&q=my-illness", environ_base={"REMOTE_ADDR": "203.0.113.7"})
    client.post("/en/contact", data={"email": "me@person.example", "body": BODY}, headers=ORIGIN)
    log.warning("mail to me@person.example failed, see /en/x?token=abc")
    written = stream.getvalue()
    assert '"route": "/<lang:lang>/<kind:kind>/"' in written
    for secret in ("my-illness", "203.0.113.7", "me@person.example", "token=abc", BODY):
        assert secret not in written


def test_63_what_people_wrote_is_not_in_the_log_when_the_database_fails(make_app, tmp_path):
    app = make_app(INSTANCE_PATH=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/absent.db", LOG_LEVEL="INFO")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    log.handlers = [handler]
    answer = app.test_client().post("/en/contact", data={"body": BODY, "name": "Layla"}, headers=ORIGIN)
    assert answer.status_code == 503
    assert "absent.db is missing" in stream.getvalue()
    assert BODY not in stream.getvalue()
    assert "Layla" not in stream.getvalue()
    assert not (tmp_path / "absent.db").exists()


def test_44_nothing_tells_what_runs_here(client):
    assert "Werkzeug" not in client.get("/en/nothing").get_data(as_text=True)
    assert "X-Powered-By" not in client.get("/en/").headers


def test_health_tests_a_write_and_leaves_no_trace(client, in_app):
    from medportal.models.setting import site_version

    before = in_app(site_version)
    assert client.get("/healthz").data == b"ok\n"
    assert client.get("/readyz").data == b"ok\n"
    assert in_app(site_version) == before

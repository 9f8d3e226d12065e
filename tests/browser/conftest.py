"""A real Chromium reading a real server over the sample site."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from werkzeug.serving import make_server

from medportal import create_app, taxonomy
from medportal.blueprints.content import services
from medportal.blueprints.content.drafts import ContentDraft, PartDraft, SectionDraft, TextDraft
from medportal.demo import cast, loader
from medportal.extensions import db
from medportal.models.content import Content

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""

# U18: what must keep its order inside Arabic.
STRINGS = """120/80|10–20 mg|CD4+|(500 mg)|C91.1|HbA1c|5-10%|≤ 7.5 %|37.5 °C|IL-6|T2DM|1.5 mg/dL|6–8 h|COVID-19|±0.5 mm|p < 0.05
2×10^9/L|[18F]FDG|HER2+|130/80 mmHg|SpO2 95%|BRCA1/2|5 mg/kg/day|10:30|A1c < 7%|IgG4-RD|H1N1|Na+ 135–145|t(9;22)|PD-L1""".replace(
    "\n", "|"
).split("|")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample site and one page of hard strings, served on a port of its own; its address."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    folder = tmp_path_factory.mktemp("site")
    settings: dict[str, Any] = {
        "TESTING": True,
        "INSTANCE_PATH": folder,
        "DATABASE_URL": f"sqlite:///{folder}/medportal.db",
        "LOG_LEVEL": "CRITICAL",
        "SECRET_KEY": "a key for tests only, long enough to pass",
        "FORM_SECONDS": 0,
        "PAGE_CACHE_EVERY": 0,
        "STAFF_2FA": "optional",
        "RATE_LIMITS": False,
    }
    first = create_app(settings)
    with first.app_context():
        upgrade()
        loader.load()
        cast.load()
        _hard_strings()
        _english_only()
        db.session.commit()
        by_key = dict(db.session.execute(sa.select(Content.key, Content.id)).all())
        site_ids.update({name: by_key[key] for name, key in KEYS.items()})
        db.session.remove()
        db.engine.dispose()
    with _served(first) as base:
        yield base


@contextmanager
def _served(app: Flask, *, port: int = 0, tls: tuple[str, str] | None = None) -> Iterator[str]:
    """The address at which this application answers meanwhile."""
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=tls)
    base = app.config["SITE_URL"] if tls else f"http://localhost:{server.port}"
    app.config["SITE_URL"] = base
    served[base] = app
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield base
    server.shutdown()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[str]:
    """A portal in which nobody has ever been: no owner, no text, no sample; its address."""
    app = create_app(
        {
            "TESTING": True,
            "INSTANCE_PATH": tmp_path,
            "DATABASE_URL": f"sqlite:///{tmp_path}/medportal.db",
            "LOG_LEVEL": "CRITICAL",
            "FORM_SECONDS": 0,
            "PAGE_CACHE_EVERY": 0,
        }
    )
    with app.app_context():
        upgrade()
        taxonomy.load()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    with _served(app) as base:
        yield base


def _english_only() -> None:
    content = services.create_content(ContentDraft(kind="disease", source_lang="en"), by="test")
    draft = TextDraft(title="English only", sections=[])
    services.publish(services.save_text(content, "en", draft, by="test"), by="test")


def _hard_strings() -> None:
    escaped = [s.replace("<", "&lt;") for s in STRINGS]
    text = "".join(f"<p>القيمة المقاسة {s} في هذا المثال.</p>" for s in escaped)
    rows = "".join(f"<tr><td>القيمة {s} هنا</td></tr>" for s in escaped)
    heads = "".join(f"<h3>عنوان فيه {s} للقياس</h3>" for s in escaped)
    parts = [PartDraft(html=f"{text}{heads}<table><tbody>{rows}</tbody></table>")]
    content = services.create_content(ContentDraft(kind="article", source_lang="ar"), by="test")
    draft = TextDraft(
        title="جرعة 10–20 mg عند 120/80",
        slug="hard-strings",
        sections=[SectionDraft(key="body", parts=parts)],
    )
    services.publish(services.save_text(content, "ar", draft, by="test"), by="test")


KEYS = {
    "asthma": "asthma",
    "diabetes": "type-2-diabetes",
    "event": "sample-hypertension-study-days",
    "guideline": "gina-asthma-2024",
    "video": "home-blood-pressure-video",
    "abstract": "telomeres-pancreatic-cancer-2017",
    "news": "who-hypertension-report-2025",
}


served: dict[str, Flask] = {}


@pytest.fixture(scope="session")
def applications() -> dict[str, Flask]:
    """The applications behind the addresses, to look into their outbox."""
    return served


@pytest.fixture
def within(applications, site):
    """`within(work)`: run it with the database of the site."""

    def run(work):
        with applications[site].app_context():
            result = work()
            db.session.commit()
            db.session.remove()
            return result

    return run


@pytest.fixture(scope="session")
def secure_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty portal behind TLS, with a certificate made on the spot; its address."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    folder = tmp_path_factory.mktemp("secure")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split()
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    port = _free_port()
    app = create_app(
        {
            "TESTING": True,
            "INSTANCE_PATH": folder,
            "DATABASE_URL": f"sqlite:///{folder}/medportal.db",
            "LOG_LEVEL": "CRITICAL",
            "SITE_URL": f"https://localhost:{port}",
            "FORM_SECONDS": 0,
            "PAGE_CACHE_EVERY": 0,
        }
    )
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    with _served(app, port=port, tls=(str(certificate), str(key))) as base:
        yield base


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def ids(site: str) -> dict[str, int]:
    """The numbers of some samples, by a short name."""
    return site_ids


site_ids: dict[str, int] = {}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, site: str) -> Iterator[Any]:
    """`open_page("/ar/", width=360, js=False)`: a page in a fresh context, phone sized unless told otherwise."""
    contexts = []

    def open_at(path: str, *, width: int = 360, height: int = 640, js: bool = True, **options: Any) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=js, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(path if path.startswith("http") else site + path)
        return page

    yield open_at
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in(open_page, applications, site):
    """`signed_in("owner", "/ar/admin/")`: a page with that role's session."""
    with applications[site].app_context():
        password = cast._password()

    def enter(role, path, **options):
        page = open_page("/en/account/sign-in", **options)
        page.fill("#email", f"{role}@example.org")
        page.fill("#password", password)
        page.click("main .form button[type=submit]")
        page.wait_for_url(f"{site}/ar/{'admin' if role in ('owner', 'editor') else 'account'}/")
        page.goto(site + path)
        return page

    return enter

"""The house itself: settings, structure, catalogues and documents are what they claim to be."""

import ast
import re
import tokenize
from pathlib import Path

import polib
import pytest
from flask_babel import force_locale, ngettext

from medportal import catalogue, config
from medportal.config import SETTINGS, ConfigError
from medportal.content_types import KINDS
from medportal.i18n import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "medportal"
ARABIC = re.compile("[\u0600-\u06ff]")
PYTHON = [p for p in PACKAGE.rglob("*.py") if "versions" not in p.parts]


def test_every_setting_has_a_sentence_in_the_example():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name in [*SETTINGS, "MEDPORTAL_INSTANCE"]:
        assert re.search(rf"^# .{{20,}}\n#?{name}=", example, re.M), name


def test_every_kind_is_documented():
    text = (ROOT / "docs" / "content-types.md").read_text(encoding="utf-8")
    for kind in KINDS.values():
        assert f"`{kind.key}`" in text


def test_every_test_that_the_security_table_names_exists():
    named = re.findall(r"\btest_\w+\*?(?!\.py)", (ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    files = list((ROOT / "tests").rglob("test_*.py"))
    tests = {
        name for p in files for name in re.findall(r"^def (test_\w+)", p.read_text(encoding="utf-8"), re.M)
    }
    tests |= {p.stem for p in files}
    missing = [n for n in named if not any(t == n or t.startswith(n.rstrip("*")) for t in tests)]
    assert named
    assert not missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_URL", "portal.example"),
        ("LOG_LEVEL", "LOUD"),
        ("ARABIC_REGION", "XX"),
        ("DATABASE_URL", "nonsense"),
        ("SITE_URL", "https://portal.example/path"),
        ("PROXY_HOPS", -1),
        ("PAGE_SIZE", 0),
        ("TIME_ZONE", "Damascus"),
    ],
)
def test_nonsense_is_refused_at_start(name, value, tmp_path):
    with pytest.raises(ConfigError, match=name):
        config.load({"INSTANCE_PATH": tmp_path, "TESTING": True, name: value})


def test_a_boolean_is_true_or_false_and_nothing_else(monkeypatch, tmp_path):
    monkeypatch.setenv("RATE_LIMITS", "yes")
    with pytest.raises(ConfigError, match="RATE_LIMITS"):
        config.load({"INSTANCE_PATH": tmp_path, "TESTING": True})


def test_the_secret_is_made_once_and_readable_by_the_owner_only(tmp_path):
    first = config.load({"INSTANCE_PATH": tmp_path, "TESTING": True})["SECRET_KEY"]
    second = config.load({"INSTANCE_PATH": tmp_path, "TESTING": True})["SECRET_KEY"]
    assert first == second
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_catalogues_are_complete_and_fresh():
    assert catalogue.check() == []


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, "لا توجد مواد"),
        (1, "مادة واحدة"),
        (2, "مادتان"),
        (3, "3 مواد"),
        (10, "10 مواد"),
        (11, "11 مادة"),
        (99, "99 مادة"),
        (100, "100 مادة"),
        (101, "101 مادة"),
        (103, "103 مواد"),
    ],
)
def test_arabic_has_six_plurals(app, n, words):
    with app.test_request_context("/ar/"), force_locale("ar"):
        assert ngettext("%(shown)s entry", "%(shown)s entries", n, shown=n) == words


def test_wtforms_messages_are_all_in_our_catalogue():
    import wtforms

    pot = polib.pofile(str(Path(wtforms.__file__).parent / "locale" / "wtforms.pot"))
    ours = {entry.msgid for entry in polib.pofile(str(ROOT / "translations/ar/LC_MESSAGES/messages.po"))}
    assert {entry.msgid for entry in pot} <= ours


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_arabic_letters_stand_only_where_arabic_is_studied(path):
    if path.name == "arabic.py" or "search" in path.parts:
        return
    assert not ARABIC.search(path.read_text(encoding="utf-8"))


TEXT_ATTRIBUTES = re.compile(r'\b(?:aria-label|alt|placeholder|title)="([^"{]*[A-Za-z]{2}[^"{]*)"')
ALLOWED = {"JSON", "PubMed", "doi"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "templates").rglob("*.html")), ids=lambda p: p.name)
def test_templates_hold_no_untranslated_text(path):
    source = path.read_text(encoding="utf-8")
    source = re.sub(r'<p class="attribution" lang="en".*?</p>', "", source, flags=re.S)
    plain = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}|<(script|style).*?</\1>|<!--.*?-->", " ", source, flags=re.S)
    words = re.sub(r"<[^>]*>", " ", plain)
    left = set(re.findall(r"[A-Za-z\u0600-\u06ff][\w'-]+", words)) - ALLOWED
    left -= {"doctype", "html"}
    assert not left, left
    assert not [a for a in TEXT_ATTRIBUTES.findall(plain) if a not in ALLOWED]


def test_no_view_or_template_knows_which_languages_there_are():
    for path in (PACKAGE / "templates").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert '== "ar"' not in text, path
            assert 'dir="rtl"' not in text, path


def _imports(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


FORBIDDEN = {
    "lib": (
        "medportal.models",
        "medportal.extensions",
        "flask",
        "medportal.content_types",
        "medportal.blueprints",
    ),
    "models": ("medportal.blueprints", "medportal.content_types", "medportal.importers"),
    "content_types": ("medportal.blueprints", "medportal.importers"),
    "blueprints": ("medportal.importers", "medportal.cli", "medportal.demo"),
}


@pytest.mark.parametrize(("room", "strangers"), FORBIDDEN.items())
def test_rooms_know_only_those_below_them(room, strangers):
    for path in (PACKAGE / room).rglob("*.py"):
        for name in _imports(path):
            assert name.split(".")[0] != "flask_sqlalchemy", path
            bad = [s for s in strangers if name == s or name.startswith(s + ".")]
            assert not bad, f"{path}: imports {name}"


def test_imports_stand_at_the_top():
    for path in PYTHON:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                inner = [n for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not inner, f"{path}: {function.name}"


def test_every_arabic_letter_of_interface_and_samples_is_in_the_font():
    script = (ROOT / "tools" / "vendor.sh").read_text(encoding="utf-8")
    ranges = re.search(r'arabic="([^"]+)"', script)[1].replace("U+", "").split(",")
    covered = set()
    for item in ranges:
        first, _, last = item.partition("-")
        covered.update(range(int(first, 16), int(last or first, 16) + 1))
    texts = [p.read_text(encoding="utf-8") for p in (PACKAGE / "demo").rglob("*.ar.md")]
    texts.append((ROOT / "translations/ar/LC_MESSAGES/messages.po").read_text(encoding="utf-8"))
    texts += [p.read_text(encoding="utf-8") for p in (PACKAGE / "data").glob("*.csv")]
    used = {c for text in texts for c in text if ARABIC.match(c)}
    assert not [f"U+{ord(c):04X}" for c in used if ord(c) not in covered]


def test_vendored_files_are_listed_with_their_checksums():
    import base64
    import hashlib

    listed = (PACKAGE / "static" / "VENDORED.md").read_text(encoding="utf-8")
    for path in sorted((PACKAGE / "static").rglob("*")):
        if re.search(r"-\d+\.\d+\.\d+", path.name):
            digest = base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
            assert f"{path.name}" in listed
            assert digest in listed, path.name


def test_a_third_language_is_one_line_and_a_catalogue(monkeypatch, tmp_path, make_app, app):
    """French, without a migration and without touching a template."""
    from medportal.i18n import Language

    catalogue_folder = tmp_path / "fr" / "LC_MESSAGES"
    catalogue_folder.mkdir(parents=True)
    french = polib.POFile()
    french.metadata = {
        "Content-Type": "text/plain; charset=utf-8",
        "Plural-Forms": "nplurals=2; plural=(n > 1);",
    }
    french.append(polib.POEntry(msgid="Diseases", msgstr="Maladies"))
    french.save_as_mofile(str(catalogue_folder / "messages.mo"))
    monkeypatch.setitem(LANGUAGES, "fr", Language("fr"))
    with_french = make_app(TRANSLATIONS=str(tmp_path))

    from medportal.blueprints.content import services
    from medportal.blueprints.content.drafts import ContentDraft, TextDraft
    from medportal.extensions import db

    with with_french.app_context():
        thing = services.create_content(ContentDraft(kind="disease", source_lang="fr"), by="test")
        services.publish(services.save_text(thing, "fr", TextDraft(title="Asthme"), by="test"), by="test")
        db.session.commit()
        db.session.remove()
    client = with_french.test_client()
    listed = client.get("/fr/diseases/").get_data(as_text=True)
    assert '<html lang="fr" dir="ltr">' in listed
    assert "Maladies" in listed
    assert 'hreflang="fr"' in client.get("/ar/").get_data(as_text=True)
    assert client.get("/fr/diseases/asthme").status_code == 200


def test_comments_promise_nothing_for_later():
    for path in PYTHON:
        with tokenize.open(path) as file:
            for token in tokenize.generate_tokens(file.readline):
                if token.type == tokenize.COMMENT:
                    assert not re.search(r"\b(TODO|FIXME|XXX)\b", token.string), path

"""The library of pictures: uploaded, described, put into texts, thrown away; and what hostile files come to."""

import contextlib
import datetime as dt
import io
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from PIL import Image, ImageCms
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from medportal import retention
from medportal.blueprints.media import decoding
from medportal.blueprints.media.decoding import Refused
from medportal.extensions import db
from medportal.lib.dates import utc_now
from medportal.models.audit import Audit
from medportal.models.media import Media
from tests.conftest import section
from tests.hostile_pictures import HOSTILE, LARGE, gps_photo

ALT = {"alt_ar": "رسم للقلب", "alt_en": "Drawing of a heart"}


def photo(size=(1200, 800), colour=(180, 40, 40), form="PNG", **values):
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, form, **values)
    return made.getvalue()


def send(browser, *files, lang="en", status=303, **form):
    """`files`: bytes, or (name, bytes)."""
    named = [file if isinstance(file, tuple) else ("heart.png", file) for file in files]
    form["files"] = [(io.BytesIO(data), name) for name, data in named]
    return browser.send(f"/{lang}/admin/pictures/new", status, **form)


@pytest.fixture
def fetch(client):
    """The headers under which a file comes."""

    def ask(address, status=200):
        with client.get(address) as answer:
            assert answer.status_code == status, address
            return answer.headers

    return ask


def stored(app):
    folder = Path(app.instance_path) / "media"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def heart(as_):
    """An editor's browser, and the picture that was uploaded with it."""
    browser = as_("editor")
    page = send(browser, photo(), **ALT, source="Our drawing", licence="CC BY 4.0")
    assert page.response.headers["Location"] == "/en/admin/pictures/1?done=added"
    return browser


@pytest.fixture
def media_of(in_app):
    return lambda look, number=1: in_app(lambda: look(db.session.get(Media, number)))


def test_an_editor_uploads_a_picture_and_finds_it(as_, lang, app, media_of):
    browser = as_("editor")
    assert browser.get(f"/{lang}/admin/pictures").one(".empty a")["href"] == f"/{lang}/admin/pictures/new"
    page = send(browser, photo(), lang=lang, **ALT, source="Our drawing", licence="CC BY 4.0")
    address = page.response.headers["Location"]
    page = browser.get(address)
    assert page.one(f"#alt_{lang}")["value"] == ALT[f"alt_{lang}"]
    assert not page.all("label[for^=alt_] .field__optional")
    assert media_of(lambda media: (media.width, media.height, media.widths)) == (1200, 800, [480, 960, 1200])
    assert [re.sub("^[0-9a-f]{16}-", "", name) for name in stored(app)] == [
        "1200.webp",
        "480.webp",
        "960.webp",
    ]
    for words, found in {"HEART": 1, "للقلب": 1, "heart.png": 1, "our drawing": 1, "lung": 0, "%": 0}.items():
        page = browser.get(
            f"/{lang}/admin/pictures?q={words.replace('%', '%25')}", headers={"HX-Request": "true"}
        )
        assert len(page.all("article")) == found, words


def test_files_are_readable_by_the_portal_only(heart, app):
    folder = Path(app.instance_path) / "media"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("missing", ["alt_ar", "alt_en"])
def test_a_picture_is_described_in_every_language(as_, lang, missing, app):
    page = send(as_("editor"), photo(), lang=lang, status=422, **{**ALT, missing: ""}, source="Kept")
    assert page.one(f".errors a[href='#{missing}']")
    assert page.one("#source")["value"] == "Kept"
    assert not stored(app)


def test_a_decorative_picture_needs_no_description(as_, media_of):
    send(as_("editor"), photo(), decorative="y", **ALT)
    assert media_of(lambda media: (media.decorative, media.alt)) == (True, {})


def test_without_a_file_nothing_is_taken(as_, lang):
    assert send(as_("editor"), status=422, lang=lang, **ALT).one(".errors a[href='#files']")
    assert send(as_("editor", email="b@mail.example.com"), *[photo()] * 11, status=422).one(".errors")


def test_several_pictures_are_described_one_after_the_other(as_, lang):
    browser = as_("editor")
    page = send(browser, photo(colour=(1, 2, 3)), photo(colour=(3, 2, 1)), lang=lang)
    assert page.response.headers["Location"] == f"/{lang}/admin/pictures/1?done=several"
    assert len(browser.get(f"/{lang}/admin/pictures?state=missing").all("article")) == 2
    assert not browser.get("/en/admin/pictures/pick").all("button[data-picture]")
    page = browser.send(f"/{lang}/admin/pictures/1", **ALT)
    assert page.response.headers["Location"] == f"/{lang}/admin/pictures/2?done=next"
    page = browser.send(f"/{lang}/admin/pictures/2", decorative="y")
    assert page.response.headers["Location"] == f"/{lang}/admin/pictures/2?done=saved"


def test_the_good_files_of_a_form_are_kept_and_the_bad_ones_named(as_, lang):
    page = send(as_("editor"), photo(), ("notes.svg", b"<svg/>"), ("x.png", b""), lang=lang, status=422)
    assert [name in page.one("#files-error").get_text() for name in ("notes.svg", "x.png")] == [True, True]
    assert page.one(".notice a")["href"] == f"/{lang}/admin/pictures/1"


def test_the_same_picture_is_not_stored_twice(heart, app):
    before = stored(app)
    page = send(heart, ("again.webp", photo(form="WEBP", lossless=True)), **ALT)
    assert page.response.headers["Location"] == "/en/admin/pictures/1?done=there"
    assert stored(app) == before


def test_a_description_is_changed(heart, lang, media_of, in_app):
    heart.send(f"/{lang}/admin/pictures/1", 422, alt_ar="", alt_en="x")
    heart.send(f"/{lang}/admin/pictures/1", **ALT | {"alt_en": "A heart\u202e"}, licence="CC0")
    assert media_of(lambda media: (media.alt["en"], media.licence)) == ("A heart", "CC0")
    actions = in_app(
        lambda: list(db.session.scalars(sa.select(Audit.action).where(Audit.object_type == "Media")))
    )
    assert actions == ["picture added", "picture changed"]


def use_in_text(make_content, media_of, **values):
    name = media_of(lambda media: media.file_near(960)[2])
    return make_content(sections=[section(html=f'<p>x</p><img src="/media/{name}" alt="x">')], **values)


def test_a_picture_in_use_stays_and_its_pages_are_named(heart, make_content, media_of, lang):
    use_in_text(make_content, media_of)
    for form, status in (({}, 200), ({"sure": "y"}, 422)):
        page = heart.send(f"/{lang}/admin/pictures/1/bin", status, **form)
        assert "/en/diseases/test-disease" in [a["href"] for a in page.all(".notice a")]
        assert not page.all("input[name=sure]")
    assert len(heart.get(f"/{lang}/admin/pictures").all(".card__facts a")) == 2
    assert media_of(lambda media: media.binned_at) is None


def test_drafts_treatments_posters_and_portraits_count_as_use(
    heart, make_content, media_of, make_person, in_app, content_of
):
    from medportal.models.treatment import Treatment, TreatmentText

    use_in_text(make_content, media_of, publish=False, title="Draft page")
    make_content(
        "video",
        title="A video",
        langs=("en",),
        detail={"host": "x", "url": "https://x.example/", "poster_id": 1},
    )
    in_app(lambda: make_person("Dr Portrait", photo_id=1))
    treated = make_content(title="Treated page", langs=("en",))
    name = media_of(lambda media: media.name)
    text = TreatmentText(lang="en", name="t", risk=f'<img src="/media/{name}">')
    in_app(lambda: db.session.add(Treatment(content_id=treated, key="t", kind="drug", texts=[text])))
    page = heart.send("/en/admin/pictures/1/bin", 422, sure="y")
    for said in ("Draft page", "not published", "A video", "Dr Portrait", "Treated page"):
        assert said in page.one(".notice").get_text()


def test_the_bin_hides_a_picture_and_gives_it_back(heart, lang, fetch, media_of):
    address = "/media/" + media_of(lambda media: media.name)
    fetch(address)
    assert heart.send(f"/{lang}/admin/pictures/1/bin", 200).one("input[name=sure]")
    page = heart.send(f"/{lang}/admin/pictures/1/bin", sure="y")
    fetch(address, 410)
    page = heart.get(page.response.headers["Location"])
    with heart.client.get(page.one(".picture__frame img")["src"]) as answer:
        assert answer.mimetype == "image/webp"
    assert len(heart.get(f"/{lang}/admin/pictures?state=bin").all("article")) == 1
    assert not heart.get(f"/{lang}/admin/pictures").all("article")
    heart.send(page.one(".notice form")["action"])
    fetch(address)


def test_uploading_again_takes_a_picture_out_of_the_bin(heart, media_of):
    heart.send("/en/admin/pictures/1/bin", sure="y")
    send(heart, photo(), **ALT | {"alt_en": "Anew"})
    assert media_of(lambda media: (media.binned_at, media.alt["en"])) == (None, "Anew")


def test_after_thirty_days_in_the_bin_the_files_go(heart, app, in_app, media_of):
    heart.send("/en/admin/pictures/1/bin", sure="y")
    for days, left in ((29, 3), (31, 0)):
        with time_machine.travel(utc_now() + dt.timedelta(days=days)):
            in_app(retention.clean_up)
        assert len(stored(app)) == left
    assert media_of(lambda media: media) is None


def test_what_came_back_into_a_text_comes_back_from_the_bin(heart, app, in_app, media_of, make_content):
    heart.send("/en/admin/pictures/1/bin", sure="y")
    use_in_text(make_content, media_of)
    with time_machine.travel(utc_now() + dt.timedelta(days=31)):
        in_app(retention.clean_up)
    assert media_of(lambda media: media.binned_at) is None
    assert len(stored(app)) == 3


def test_files_of_a_save_that_was_cut_off_go_after_a_day(heart, app, in_app):
    folder, kept = Path(app.instance_path) / "media", stored(app)
    for name in ("0123456789abcdef-480.webp", "0123456789abcdef-960.webp.part", "other.webp"):
        (folder / name).write_bytes(b"x")
    in_app(retention.clean_up)
    assert len(stored(app)) == 6
    with time_machine.travel(utc_now() + dt.timedelta(days=2)):
        in_app(retention.clean_up)
    assert stored(app) == sorted([*kept, "other.webp"])


def test_45_pictures_are_served_as_pictures_and_nothing_else(heart, fetch, media_of):
    for name in media_of(lambda media: list(media.files.values())):
        headers = fetch(f"/media/{name}")
        assert headers["Content-Type"] == "image/webp"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert {"sandbox", "default-src 'none'"} <= set(headers["Content-Security-Policy"].split("; "))
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in headers
    for other in (name.replace("-1200", "-1600"), name + ".part", "x-480.webp", "../medportal.db"):
        fetch(f"/media/{other}", 404)


def test_45_nothing_of_the_camera_is_left(as_, app):
    send(as_("editor"), ("IMG_1.jpg", gps_photo()), **ALT)
    files = [Path(app.instance_path) / "media" / name for name in stored(app)]
    assert files
    for path in files:
        data = path.read_bytes()
        assert b"Exif" not in data
        assert b"SecretCam" not in data
        with Image.open(path) as image:
            assert not image.getexif()
            assert image.info.keys() <= {"loop", "background", "timestamp", "duration"}
            assert image.height > image.width, "the orientation was applied before it was dropped"


def test_colours_and_depth_are_those_of_a_screen(app):
    deep = Image.new("I;16", (8, 8), 40_000)
    wide = Image.new("RGB", (8, 8), (200, 40, 40))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for image, expected in ((deep, (156, 156, 156)), (wide, (200, 40, 40))):
        made = io.BytesIO()
        image.save(made, "PNG", icc_profile=profile if image is wide else None)
        [file] = decoding.read(made.getvalue()).files.values()
        with Image.open(io.BytesIO(file)) as seen:
            assert all(
                abs(a - b) < 8 for a, b in zip(seen.convert("RGB").getpixel((4, 4)), expected, strict=True)
            )


def test_the_macro_names_all_widths(heart, app, in_app):
    template = (
        '{% from "macros/picture.html" import picture with context %}{{ picture(media, "ar", "50vw") }}'
    )
    with app.test_request_context("/en/x"):
        from flask import g, render_template_string

        from medportal.i18n import LANGUAGES

        g.language = LANGUAGES["en"]
        html = render_template_string(template, media=db.session.get(Media, 1))
    assert re.findall(r"-(\d+)\.webp (\d+)w", html) == [("480", "480"), ("960", "960"), ("1200", "1200")]
    for part in ('sizes="50vw"', 'width="960"', 'height="640"', 'lang="ar"', f'alt="{ALT["alt_ar"]}"'):
        assert part in html


def test_the_picker_offers_what_is_described(heart, lang, fetch):
    page = heart.get(f"/{lang}/admin/pictures/pick?text=ar&q=heart")
    button = page.one("button[data-picture]")
    assert "<html" not in page.html
    assert (button["type"], button["data-alt"]) == ("button", ALT["alt_ar"])
    assert (button["data-width"], button["data-height"]) == ("960", "640")
    fetch(button["data-picture"])
    assert heart.get("/en/admin/pictures/pick?text=en").one("button")["data-alt"] == ALT["alt_en"]
    assert not heart.get("/en/admin/pictures/pick?q=lung").all("button")
    heart.send("/en/admin/pictures/1/bin", sure="y")
    assert not heart.get("/en/admin/pictures/pick").all("button")


def test_the_library_asks_as_much_for_many_pictures_as_for_one(
    heart, in_app, make_content, media_of, count_queries
):
    use_in_text(make_content, media_of)
    counts = [count_queries(lambda: heart.get("/en/admin/pictures"))]
    add = [Media(name=f"{n}.webp", mime="image/webp", width=9, height=9, alt={"en": "x"}) for n in range(20)]
    in_app(lambda: db.session.add_all(add))
    counts.append(count_queries(lambda: heart.get("/en/admin/pictures")))
    assert counts[0] == counts[1]


def test_readers_and_members_stay_outside(heart, as_, visitor):
    member = as_("member")
    for path in ("", "/new", "/1", "/pick", "/1/preview"):
        member.get(f"/en/admin/pictures{path}", 403)
        visitor().get(f"/en/admin/pictures{path}", 303)
    send(member, photo(), status=403, **ALT)
    member.send("/en/admin/pictures/1/bin", 403, sure="y")


@pytest.mark.parametrize(("path", "megabytes", "status"), [("new", 3, 303), ("new", 21, 413), ("1", 3, 413)])
def test_31_photographs_may_be_large_and_other_forms_not(heart, path, megabytes, status):
    large = photo(colour=(1, 1, 1)) + bytes(megabytes * 1024 * 1024)
    form = {"csrf_token": heart.token(), "files": FileStorage(io.BytesIO(large), "large.png"), **ALT}
    boundary, body = encode_multipart(form)
    answer = heart.client.post(
        f"/en/admin/pictures/{path}",
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers=heart.headers,
    )
    assert answer.status_code == status


@pytest.mark.parametrize("name", HOSTILE)
def test_45_a_hostile_file_is_refused_or_only_its_pixels_are_kept(app, name):
    make, accepted = HOSTILE[name]
    data, picture = make(), None
    began = time.perf_counter()
    with app.test_request_context("/en/"), contextlib.suppress(Refused):
        picture = decoding.read(data)
    assert time.perf_counter() - began < 3
    assert (picture is not None) == accepted
    for made in picture.files.values() if picture else ():
        assert (made[:4], made[8:12]) == (b"RIFF", b"WEBP")
        assert not re.search(rb"<script|<\?php|PK\x03\x04|%PDF|Exif|alert", made)


def test_45_a_hostile_file_is_refused_at_the_desk_by_its_name(as_, lang):
    browser = as_("editor")
    for name in ("svg", "html as png", "cut off jpeg"):
        page = send(browser, (f"{name}.png", HOSTILE[name][0]()), lang=lang, status=422, **ALT)
        assert f"{name}.png" in page.one("#files-error").get_text()
        assert page.one(f"#alt_{lang}")["value"] == ALT[f"alt_{lang}"]


LOOK = """
import sys
from pathlib import Path
from flask import Flask
from flask_babel import Babel
from medportal.blueprints.media import decoding

def memory(what):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) // 1024

app = Flask("x")
Babel(app)
files = sorted(Path(sys.argv[1]).iterdir(), key=lambda path: path.name)
with app.test_request_context("/"):
    for path in files[:1] + files:  # the first time loads what every picture needs
        if path is files[0]:
            before = memory("VmRSS")
        open("/proc/self/clear_refs", "w").write("5")
        try:
            decoding.read(path.read_bytes())
        except decoding.Refused:
            pass
        print(memory("VmHWM") - before, path.name)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="shared data absent: /proc")
def test_46_no_file_costs_more_than_150_megabytes(tmp_path):
    for name, make in {**{name: make for name, (make, _) in HOSTILE.items()}, **LARGE}.items():
        (tmp_path / name).write_bytes(make())
    looked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK, str(tmp_path)],
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    costs = sorted((int(line.split(" ", 1)[0]), line) for line in looked.stdout.splitlines())
    assert len(costs) > len(HOSTILE)
    assert costs[-1][0] < 150, costs[-5:]

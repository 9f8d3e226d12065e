"""The editor of the desk alone: a page of its own under the site's policy, without the application."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jinja2
import pytest

from medportal.lib.html import sanitise
from medportal.security import CSP

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "medportal"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
}
PICTURES = '<button type="button" data-picture="/media/lung.webp" data-alt="A lung" data-width="640" data-height="480">Lung</button>'
# As it is stored, with spaces and an order of attributes that no editor would choose.
STORED = (
    '<p>Asthma  <em>narrows</em> <span lang="la" dir="ltr">bronchi</span> &amp; <bdi dir="ltr">120/80</bdi>.'
    '<sup><a rel="noopener nofollow ugc" href="#ref-3">[3]</a></sup></p>\n<ul>\n<li>one</li><li>two<ul><li>three</li></ul></li>\n</ul>'
    '<p><img width="10" height="10" src="/media/x.webp" alt=""></p>'
    '<table><caption>Doses</caption><thead><tr><th scope="col">Drug</th><th scope="col">Dose</th></tr></thead>'
    '<tbody><tr><th scope="row">A</th><td dir="rtl">10\u00a0mg</td></tr></tbody></table>'
)


WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", e => refused.push(e.violatedDirective + " " + e.sample));
"""


@dataclass
class Trial:
    """What the server answers to drafts, and what it was sent."""

    address: str = ""
    run: int = 0
    status: int = 200
    drafts: list[dict[str, list[str]]] = field(default_factory=list)
    sent: list[dict[str, list[str]]] = field(default_factory=list)
    slow: float = 0
    stored: str = ""
    seconds: str = "0.3"


def render(**values: Any) -> str:
    places = [jinja2.FileSystemLoader(p) for p in (HERE, PACKAGE / "templates")]
    templates = jinja2.Environment(loader=jinja2.ChoiceLoader(places), autoescape=True)
    say = {
        "_": lambda words, **named: words % named if named else words,
        "static_url": lambda name: f"/static/{name}",
    }
    return templates.get_template("editor.html").render(**say, **values)


@pytest.fixture(scope="module")
def server() -> Iterator[Trial]:
    state = Trial()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, kind: str, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Security-Policy": CSP, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            file = PACKAGE / path.lstrip("/")
            if path.startswith("/static/") and file.is_file():
                self.answer(
                    200,
                    TYPES.get(file.suffix, "text/plain"),
                    file.read_bytes(),
                    **{"Cache-Control": "max-age=600"},
                )
            elif path == "/pictures":
                self.answer(200, "text/html", PICTURES.encode())
            elif path == "/":
                html = render(stored=state.stored, seconds=state.seconds, run=state.run)
                self.answer(200, "text/html; charset=utf-8", html.encode())
            else:
                self.answer(404, "text/plain", b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = parse_qs(body, keep_blank_values=True)
            if not self.path.startswith("/draft"):
                state.sent.append(form)
                self.answer(200, "text/html", b"<p>Sent</p>")
                return
            assert self.headers["X-Autosave"] == "1"
            # A page that is closed saves once more, perhaps when the next test is under way.
            if self.path == f"/draft?run={state.run}":
                state.drafts.append(form)
            if state.slow:
                threading.Event().wait(state.slow)
            words = {200: b"Saved at 14:05", 409: b"Somebody else <a href='/'>saved</a> this"}
            version = str(int(form["version"][0]) + 1)
            self.answer(state.status, "text/html", words.get(state.status, b""), **{"X-Version": version})

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{listening.server_port}/"
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield state
    listening.shutdown()
    listening.server_close()


@pytest.fixture
def given() -> dict[str, str]:
    """What a test wants on its page; it overrides this with `parametrize`."""
    return {}


@pytest.fixture
def trial(server: Trial, given: dict[str, str]) -> Trial:
    vars(server).update(vars(Trial(address=server.address, run=server.run + 1, **given)))
    return server


@pytest.fixture(scope="module")
def context(chromium: Any) -> Iterator[Any]:
    made = chromium.new_context(viewport={"width": 1280, "height": 800})
    made.add_init_script(WATCH)
    yield made
    made.close()


@pytest.fixture
def page(context: Any, trial: Trial) -> Iterator[Any]:
    """The trial page on a wide screen; nothing it does may break the policy or throw."""
    opened = context.new_page()
    opened.set_default_timeout(4000)
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if "Security Policy" in said.text else None)
    opened.goto(trial.address)
    yield opened
    refused = opened.evaluate("window.refused")
    opened.close()
    assert (refused, faults) == ([], [])


def text(page: Any, lang: str = "ar") -> Any:
    return page.locator(f"#text-{lang}-text")


def value(page: Any, lang: str = "ar") -> str:
    return str(page.evaluate(f"document.getElementById('text-{lang}').value"))


def focused(page: Any, name: str) -> None:
    page.wait_for_function("name => document.activeElement.id === name", arg=name)


def button(page: Any, name: str, lang: str = "ar") -> Any:
    return page.locator(f"[data-language-pane={lang}]").get_by_role("button", name=name, exact=True)


def paste(page: Any, html: str, lang: str = "ar") -> str:
    text(page, lang).click()
    page.evaluate(
        """([id, html]) => {
          const data = new DataTransfer();
          data.setData("text/html", html);
          document.getElementById(id).dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        [f"text-{lang}-text", html],
    )
    return value(page, lang)


@pytest.mark.parametrize("given", [{"stored": STORED}])
def test_what_is_cut_and_pasted_within_the_editor_stays_what_it_was(page, trial):
    text(page, "en").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+x")
    assert value(page, "en") == ""
    page.keyboard.press("Control+v")
    assert same(value(page, "en")) == same(STORED)


def test_each_block_finds_its_own_direction(page):
    text(page).click()
    page.keyboard.type("ورم Meningioma (HPV)")
    page.keyboard.press("Enter")
    page.keyboard.type("An English line")
    assert value(page) == '<p dir="auto">ورم Meningioma (HPV)</p><p dir="auto">An English line</p>'
    button(page, "Right to left").click()
    assert '<p dir="rtl">An English line</p>' in value(page)
    button(page, "Right to left").click()
    assert '<p dir="auto">An English line</p>' in value(page)
    assert text(page).get_attribute("dir") == "rtl"
    assert text(page).get_attribute("lang") == "ar"


def test_the_field_is_named_by_its_label_and_described_by_its_hint(page):
    box = page.get_by_role("textbox", name="Text in English")
    assert box.get_attribute("aria-describedby") == "text-en-hint"
    page.locator("label[for=text-en]").click()
    focused(page, "text-en-text")
    page.locator(".errors a").click()
    focused(page, "text-ar-text")


@pytest.mark.parametrize("given", [{"stored": STORED}])
def test_an_untouched_text_keeps_every_byte_and_a_touched_one_its_meaning(page, trial):
    assert value(page, "en") == STORED
    text(page, "en").locator("p").first.click()
    page.keyboard.press("Control+End")
    assert value(page, "en") == STORED
    page.keyboard.press("Control+Home")
    page.wait_for_timeout(50)
    page.keyboard.type("X")
    changed = value(page, "en")
    page.keyboard.press("Control+z")
    assert value(page, "en") == STORED

    assert same(changed) == same(STORED).replace("Asthma", "XAsthma")


def same(html: str) -> str:
    """What the sanitiser leaves, without the differences that mean nothing."""
    flat = re.sub(r">\s+<(?=/?(ul|li|p|table))", "><", re.sub(r"  +", " ", sanitise(html)))
    return re.sub(
        r'(?: [a-z]+="[^"]*")+', lambda names: "".join(sorted(re.findall(r' [a-z]+="[^"]*"', names[0]))), flat
    )


HOSTILE = [
    "<p onclick=alert(1) style='color:red;background:url(//evil.example/x)' class=x id=y>words</p>",
    "<script>alert(1)</script><p>words</p><style>p{color:red}</style>",
    "<p>words<img src=x onerror=alert(1)><img src='https://evil.example/a.png'><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='></p>",
    "<p><a href='javascript:alert(1)'>words</a><a href='data:text/html,x'></a><a href='//evil.example'></a></p>",
    "<iframe src='//evil.example'></iframe><object data=x></object><svg onload=alert(1)><style>x</style></svg><p>words</p>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)></style></mglyph></table></mtext></math><p>words</p>",
    "<div><!-- x --><font color=red><u>words</u></font><meta http-equiv=refresh content=0><link rel=stylesheet href=//evil.example></div>",
    "<p data-pm-slice='0 0 []' style='position:fixed'>words</p><form action=//evil.example><input name=a></form>",
]


def test_hostile_pastes_leave_their_words(page):
    for html in HOSTILE:
        assert paste(page, html) in ('<p dir="auto">words</p>', "<p>words</p>"), html
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
    assert (
        page.evaluate("document.querySelectorAll('.editor img:not([class]), iframe, svg:not(.icon)').length")
        == 0
    )


WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{margin:0}</style></head>
<body lang=EN-US><!--StartFragment--><h1 style='mso-outline-level:1'>Title<o:p></o:p></h1>
<p class=MsoNormal dir=RTL><b><span lang=AR style='font-family:Arial'>قلب</span></b><span style='mso-spacerun:yes'>&nbsp;&nbsp; </span>10&nbsp;mg<o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-.25in;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>one</p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>1.<span>&nbsp;</span></span>inner</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><!--[if !supportLists]--><span style='mso-list:Ignore'>·</span><!--[endif]-->two</p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p><table class=MsoTable border=1 width=200><tr style='height:1in'><td width=99 valign=top style='width:1in'><p class=MsoNormal>a</p></td><td>b</td></tr></table>
<!--EndFragment--></body></html>"""
DOCS = """<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><h2 dir="ltr" style="line-height:1.38"><span style="font-size:16pt">Title</span></h2>
<p dir="ltr"><span style="font-weight:700">strong</span><span style="font-weight:400"> CO</span><span style="font-size:0.6em;vertical-align:sub">2</span>
<a href="https://example.org/a" style="text-decoration:none"><span style="color:#1155cc">link</span></a></p><ul><li dir="ltr" aria-level="1"><p dir="ltr" role="presentation"><span>item</span></p></li></ul></b>"""


def test_a_paste_from_word_comes_out_clean(page):
    html = paste(page, WORD)
    assert html.startswith('<h3 dir="auto">Title</h3><p dir="rtl"><strong>قلب</strong> 10&nbsp;mg</p>')
    assert '<ul><li dir="auto">one<ol><li dir="auto">inner</li></ol></li><li dir="auto">two</li></ul>' in html
    assert html.endswith('<table><tbody><tr><td dir="auto">a</td><td dir="auto">b</td></tr></tbody></table>')
    assert not re.search(r"style|class|mso|span|<o:", html)


def test_a_paste_from_google_docs_comes_out_clean(page):
    html = paste(page, DOCS)
    assert html.startswith(
        '<h3 dir="ltr">Title</h3><p dir="ltr"><strong>strong</strong> CO<sub>2</sub> <a href="https://example.org/a">link</a></p>'
    )
    assert '<ul><li dir="ltr">item</li></ul>' in html


def test_the_toolbar_is_one_stop_and_arrow_keys_go_along_it(page):
    text(page).click()
    page.keyboard.type("one")
    page.keyboard.press("Control+a")
    page.keyboard.press("Alt+F10")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "Bold"
    page.keyboard.press("Enter")
    page.locator("[data-language-pane=ar] [aria-label=Bold][aria-pressed=true]").wait_for()
    assert value(page) == '<p dir="auto"><strong>one</strong></p>'
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "Italic"
    page.keyboard.press("End")
    assert page.evaluate(focused) == "Redo"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "Bold"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text-ar-text"
    assert page.locator(".editor__bar [tabindex='0']").count() == 2
    page.evaluate("document.documentElement.dir = 'rtl'")
    page.keyboard.press("Alt+F10")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(focused) == "Italic"


def test_links_references_and_pictures(page):
    text(page).click()
    page.keyboard.type("site")
    page.keyboard.press("Control+a")
    button(page, "Link").click()
    page.keyboard.type("javascript:alert(1)")
    page.keyboard.press("Enter")
    assert page.get_by_role("alert").text_content().startswith("Enter a whole address")
    page.keyboard.press("Control+a")
    page.keyboard.type("example.org/page")
    page.keyboard.press("Enter")
    assert value(page) == '<p dir="auto"><a href="https://example.org/page">site</a></p>'
    page.keyboard.press("End")
    button(page, "Reference").click()
    page.keyboard.type("13")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    page.keyboard.type(" on")
    assert value(page).endswith('<sup><a href="#ref-3">[3]</a></sup> on</p>')
    button(page, "Picture").click()
    page.get_by_role("dialog").get_by_role("button", name="Lung").click()
    assert '<img src="/media/lung.webp" alt="A lung" width="640" height="480">' in value(page)
    page.keyboard.press("Control+z")


def test_a_table_has_headers_and_lets_the_keyboard_out(page):
    text(page).click()
    assert not button(page, "Add a row").is_visible()
    button(page, "Table").click()
    page.keyboard.type("Drug")
    button(page, "Add a row").click()
    button(page, "Remove the column").click()
    html = value(page)
    assert html.startswith('<table><thead><tr><th dir="auto" scope="col">')
    assert (html.count("<tr>"), html.count("<td"), "style" in html) == (4, 6, False)
    for _ in range(9):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "text-ar-text"
    assert value(page).count("<tr>") == 4


def test_drafts_save_themselves_and_conflicts_are_shown(page, trial):
    page.wait_for_timeout(400)
    assert trial.drafts == []
    status = page.locator("[data-autosave-status]")
    text(page, "en").click()
    page.keyboard.type("a")
    page.get_by_text("Saved at 14:05").wait_for()
    assert trial.drafts[-1]["text-en"] == ['<p dir="auto">a</p>']
    assert page.locator("[data-version]").input_value() == "2"
    trial.status = 409
    text(page, "en").click()
    page.keyboard.type("b")
    page.get_by_text("Somebody else saved this").wait_for()
    count = len(trial.drafts)
    page.wait_for_timeout(450)
    assert len(trial.drafts) == count
    trial.status = 500
    page.keyboard.type("c")
    page.get_by_text("Not saved. Trying again.").wait_for()
    trial.status = 200
    page.get_by_text("Saved at 14:05").wait_for()
    assert trial.drafts[-1]["version"] == ["2"]
    assert status.get_attribute("role") == "status"
    count = len(trial.drafts)
    page.wait_for_timeout(450)
    assert len(trial.drafts) == count


def test_saving_waits_for_the_draft_under_way(page, trial):
    trial.slow = 0.3
    text(page, "en").click()
    page.keyboard.type("a")
    while not trial.drafts:
        page.wait_for_timeout(50)
    page.keyboard.press("Control+s")
    page.get_by_text("Sent", exact=True).wait_for()
    assert trial.sent[0]["version"] == ["2"]
    assert len(trial.drafts) == 1


@pytest.mark.parametrize("given", [{"seconds": "60"}])
def test_a_page_that_is_put_away_saves_at_once(page, trial):
    text(page, "en").click()
    page.keyboard.type("a")
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_text("Saved at 14:05").wait_for()


def test_leaving_warns_only_when_something_is_unsaved(page, trial):
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    text(page).click()
    page.goto(trial.address)
    assert asked == []
    trial.status = 500
    text(page).click()
    page.keyboard.type("a")
    page.goto(trial.address)
    assert asked == ["beforeunload"]


def test_languages_share_a_phone_and_stand_side_by_side_on_a_desk(page):
    assert not page.get_by_role("tablist").is_visible()
    page.set_viewport_size({"width": 360, "height": 640})
    page.get_by_role("tablist").wait_for()
    english, arabic = page.get_by_role("tab").all()
    assert english.get_attribute("aria-selected") == "true"
    assert (text(page, "en").is_visible(), text(page).is_visible()) == (True, False)
    english.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == arabic.text_content()
    assert (text(page, "en").is_visible(), text(page).is_visible()) == (False, True)
    english.click()
    page.locator(".errors a").click()
    assert text(page).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.set_viewport_size({"width": 1280, "height": 800})
    text(page, "en").wait_for()
    assert page.locator("[data-language-pane]").first.get_attribute("role") is None


def test_without_its_scripts_the_plain_field_works(page, trial):
    for missing in ("tiptap-", "editor-text.js", "editor.js"):
        page.route(lambda address, part=missing: part in address, lambda route: route.abort())
        page.goto(trial.address)
        page.locator("#text-en").fill("plain words")
        page.get_by_text("Saved at 14:05").wait_for()
        assert trial.drafts[-1]["text-en"] == ["plain words"]
        page.unroute_all()


def test_a_fault_at_the_start_leaves_the_plain_field(page, trial):
    page.add_init_script("CSS.escape = () => { throw new Error('broken') }")
    page.goto(trial.address)
    page.locator("#text-en").fill("plain words")
    assert page.locator(".editor").count() == 0


@pytest.mark.parametrize("given", [{"stored": "p < 0.05\n\n- one\n- two"}])
def test_words_typed_without_the_editor_open_as_paragraphs(page, trial):
    assert text(page, "en").locator("li").all_text_contents() == ["one", "two"]
    assert text(page, "en").locator("p").first.text_content() == "p < 0.05"
    assert value(page, "en") == trial.stored


def test_every_word_of_the_editor_is_on_its_page():
    script = (PACKAGE / "static/js/editor.js").read_text()
    asked = set(re.findall(r"\bwords\.([a-zA-Z]+)", script)) | set(
        re.findall(r'^    \["(\w+)", (?:null|"[\w-]+"), [nfd]', script, re.M)
    )
    html = render()
    given = re.findall(r'data-([a-z0-9-]+)="[^"]+"', html[html.index('id="editor-words"') :])
    assert asked == {re.sub("-([a-z])", lambda letter: letter[1].upper(), name) for name in given}

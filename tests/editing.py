"""The desk in tests: forms are sent as a browser sends them, with all that stands in them already."""

from typing import Any

from medportal.extensions import db
from medportal.models.content import Content
from medportal.models.people import Person
from medportal.models.trust import Credit, Reference
from tests.people import Page, Visitor


def typed(form: Any) -> dict[str, Any]:
    """What a browser would send of a form as it stands."""
    values: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name, kind = field["name"], field.get("type", "text")
        if kind in ("checkbox", "radio"):
            if field.has_attr("checked"):
                values.setdefault(name, []).append(field.get("value", "y"))
        elif field.name == "select":
            chosen = field.select("option[selected]") or field.select("option")[:1]
            values[name] = [option.get("value", option.get_text()) for option in chosen]
        elif field.name == "textarea":
            text = field.get_text()
            values[name] = text[1:] if text.startswith("\n") else text.removeprefix("\r\n")
        elif kind not in ("submit", "file"):
            values.setdefault(name, []).append(field.get("value", ""))
    return values


def submit(
    browser: Visitor, page: Page, status: int = 303, *, at: str = "", form: str = "main form", **changes: Any
) -> Page:
    """Send the first form that `form` finds, with these fields changed; `at` is the address of a button of its own."""
    found = page.soup.select(form)[0]
    values = typed(found) | {name.replace("__", "-", 1): value for name, value in changes.items()}
    return browser.send_bare(at or found["action"], status, **values)


def begin(browser: Visitor, kind: str = "disease", **titles: str) -> int:
    """A new page; its number."""
    page = browser.get("/en/admin/texts/new")
    answer = submit(browser, page, kind=kind, **{f"title_{code}": title for code, title in titles.items()})
    return int(answer.response.headers["Location"].rstrip("/").split("/")[-1].split("?")[0])


def write(browser: Visitor, number: int, status: int = 303, lang: str = "en", **changes: Any) -> Page:
    """Change fields of the editor (`ar__title`, `en__definition_0`) and save."""
    page = browser.get(f"/{lang}/admin/texts/{number}")
    return submit(browser, page, status, form="form.edit", **changes)


def trust(content: Content, *, author: Person | None = None) -> None:
    """What a medical page needs before it may be published."""
    author = author or Person(
        name={"en": "Dr Example", "ar": "د. نموذج"},
        degrees=[{"abbr": "MD", "meaning": {"en": "doctor of medicine", "ar": "دكتوراه في الطب"}}],
        interests={"en": "None.", "ar": "لا يوجد."},
    )
    content.references.append(
        Reference(position=len(content.references) + 1, title="A guideline", year="2024")
    )
    content.credits.append(Credit(person=author, role="author", position=len(content.credits)))
    db.session.flush()

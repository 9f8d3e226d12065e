"""Who appears in the tests: a page as a reader sees it, a browser with its cookies, a letter as it is received."""

import re
from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask

from medportal import mail
from medportal.models.outbox import Outbox

PASSWORD = "correct horse battery"
MEMBER = "layla@mail.example.com"


class Page:
    """An answer, read as a reader would."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.html: str = response.get_data().decode("utf-8", "replace")

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.html, "html.parser")

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", self.soup.get_text())

    def one(self, selector: str) -> Any:
        found = self.soup.select(selector)
        assert len(found) == 1, f"{len(found)} of {selector}"
        return found[0]

    def all(self, selector: str) -> list[Any]:
        return list(self.soup.select(selector))


class Visitor:
    """A browser with its cookies. Forms are sent as our own pages do, with the token that stands on them."""

    def __init__(self, app: Flask, *, base: str = "http://localhost") -> None:
        self.client, self.base = app.test_client(), base
        self.headers = {"Origin": base}

    def get(self, path: str, status: int | None = 200, **kwargs: Any) -> Page:
        """`status` None: whatever comes."""
        page = Page(self.client.get(path, base_url=self.base, **kwargs))
        assert status in (None, page.status), f"{path} answered {page.status}, not {status}"
        return page

    def token(self) -> str:
        for path in ("/en/account/", "/en/account/sign-in/code"):
            page = Page(self.client.get(path, base_url=self.base))
            if page.status == 200:
                return str(page.all("input[name=csrf_token]")[0]["value"])
        return ""

    def send(
        self, path: str, status: int | None = 303, headers: dict[str, str] | None = None, **form: str
    ) -> Page:
        form.setdefault("csrf_token", self.token())
        return self.send_bare(path, status, headers, **form)

    def send_bare(
        self, path: str, status: int | None = 303, headers: dict[str, str] | None = None, **form: str
    ) -> Page:
        page = Page(
            self.client.post(path, base_url=self.base, data=form, headers=self.headers | (headers or {}))
        )
        assert status in (None, page.status), (
            f"{path} answered {page.status}, not {status}: {page.text[:600]}"
        )
        return page

    def sign_in(self, email: str = MEMBER, password: str = PASSWORD, status: int = 303, **form: str) -> Page:
        return self.send_bare("/en/account/sign-in", status, email=email, password=password, **form)

    def is_signed_in(self) -> bool:
        return self.client.get("/en/account/", base_url=self.base).status_code == 200


class Received:
    """A letter as its reader gets it."""

    def __init__(self, row: Outbox, rendered: mail.Rendered) -> None:
        self.to, self.name, self.state = row.recipient, row.template, row.state
        self.subject, self.text, self.html = rendered.subject, rendered.text, rendered.html

    @property
    def link(self) -> str:
        """The path of the link that the letter is about."""
        found = re.search(r"http://localhost(/\S+)", self.text)
        assert found
        return found[1]

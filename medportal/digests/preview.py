"""How the next digest reads to somebody who follows everything; also as a test to the owner."""

from medportal import mail
from medportal.content_types import listed_kinds
from medportal.digests import editions, happenings, letters
from medportal.digests.matching import Window
from medportal.digests.staging import last_run
from medportal.digests.subscribers import Wishes
from medportal.extensions import db
from medportal.models.digest import Mailing


def of_frequency(occasion: str, lang: str) -> mail.Rendered | None:
    """What happened since the last run of this frequency; None when nothing did."""
    last = last_run(occasion)
    window = Window(last.upto if last else 0, happenings.latest())
    view = window.view(lang, other_language=True, told_until=window.since)
    every = Wishes(kinds=frozenset(kind.key for kind in listed_kinds()))
    items = window.in_order([window.item(view, number) for number in view.wanted(every)])
    entries = editions.entries_of_items(items, lang)
    if not entries:
        return None
    return letters.as_read(letters.render_digest(occasion, lang, entries, named=False), None)


def of_mailing(mailing: Mailing, lang: str) -> mail.Rendered:
    return letters.as_read(letters.render_mailing(mailing.subject, mailing.body, lang), None)


def _test(lang: str, occasion: str) -> mail.Rendered:
    rendered = of_frequency(occasion, lang)
    if rendered is None:
        raise mail.NotNeeded
    return rendered


def _mailing_test(lang: str, mailing: int) -> mail.Rendered:
    found = db.session.get(Mailing, mailing)
    if found is None:
        raise mail.NotNeeded
    return of_mailing(found, lang)


mail.MAKERS |= {"test": _test, "mailing_test": _mailing_test}

"""What every template may use: dates, digits, bidi-safe text, addresses, and the facts of the site."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from flask import Flask, current_app, request, url_for
from flask_babel import gettext
from markupsafe import Markup, escape
from wtforms import Field

from medportal import choices, i18n
from medportal.choices import setting
from medportal.lib import bidi
from medportal.lib.arabic import has_arabic, to_arabic_digits
from medportal.lib.dates import utc_now
from medportal.lib.html import promote_headings, safe_url
from medportal.models.types import label_language, localize

LIST_VALUES = ("letter", *i18n.QUERY_KEPT)


def init_app(app: Flask) -> None:
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.filters.update(
        bidi=isolate,
        bidi_html=isolate_html,
        promote_headings=promote_headings,
        safe_url=lambda address: safe_url(address) or "",
        bidi_plain=isolate_plain,
        day=day,
        day_and_clock=day_and_clock,
        day_of=lambda text: _long_date(site_day(datetime.fromisoformat(text)), _dates()),
        moment_of=lambda text: day_and_clock(datetime.fromisoformat(text)),
        part_of_date=part_of_date,
        digits=digits,
        label=label,
        foreign=foreign,
    )
    env.tests.update(
        arabic=has_arabic, ends_sentence=lambda text: text.rstrip().endswith((".", "?", "!", "\u061f"))
    )
    env.globals.update(
        absolute=absolute,
        described=described,
        label=label,
        setting=setting,
        site_zone=choices.time_zone,
        here=here,
        languages=i18n.LANGUAGES,
        current_language=i18n.current_language,
        other_languages=i18n.other_languages,
        same_page_in=i18n.same_page_in,
        now=utc_now,
    )


def _rtl() -> bool:
    return i18n.current_language().dir == "rtl"


def isolate(text: str) -> Markup:
    """Plain text as HTML; in right-to-left pages with its numbers, units and Latin words isolated."""
    return bidi.isolate_text(text) if _rtl() else escape(text)


def isolate_html(html: str, lang: str | None = None) -> Markup:
    """Sanitised HTML of a text in `lang` (None: the page's language)."""
    rtl = _rtl() if lang is None else i18n.LANGUAGES[lang].dir == "rtl"
    return bidi.isolate_html(html) if rtl else Markup(html)  # noqa: S704  # sanitised when it was written


def isolate_plain(text: str) -> str:
    """For `<title>` and attributes, where markup is impossible."""
    return bidi.isolate_plain(text) if _rtl() else text


def foreign(text: str, lang: str | None = None) -> Markup:
    """A name or title typed by people: isolated, and marked when it is in another language than the page.

    `lang` None guesses from the script, for names whose language nobody recorded.
    """
    code = lang or ("ar" if has_arabic(text) else "en")
    if code == i18n.current_language().code:
        return Markup(f"<bdi>{isolate(text)}</bdi>")  # noqa: S704  # escaped by isolate
    direction = i18n.LANGUAGES[code].dir if code in i18n.LANGUAGES else "auto"
    return Markup(f'<bdi lang="{escape(code)}" dir="{direction}">{escape(text)}</bdi>')  # noqa: S704


def label(value: dict[str, str] | None) -> Markup:
    """A localized label, marked when only another language has it."""
    lang = i18n.current_language().code
    return foreign(localize(value, lang), label_language(value, lang))


def digits(text: Any) -> str:
    """Digits of dates and counts in the site's choice; never for text of articles."""
    chosen = i18n.current_language().code == "ar" and choices.arabic_digits()
    return to_arabic_digits(str(text)) if chosen else str(text)


def day(value: date | datetime) -> Markup:
    """A day as a reader writes it; a moment becomes its day in the site's time zone."""
    on = site_day(value) if isinstance(value, datetime) else value
    shown = digits(_long_date(on, _dates()))
    return Markup(f'<time datetime="{on.isoformat()}">{escape(shown)}</time>')  # noqa: S704  # escaped


def day_and_clock(moment: datetime) -> str:
    """A moment in the site's time zone, for lists of what happened."""
    local = moment.astimezone(choices.zone())
    on = _long_date(local.date(), _dates())
    return isolate_plain(digits(gettext("%(day)s, %(clock)s", day=on, clock=f"{local:%H:%M}")))


def site_day(moment: datetime) -> date:
    """The day of a moment in the site's time zone, as pages show it."""
    return moment.astimezone(choices.zone()).date()


def part_of_date(written: str) -> Markup:
    """ "2012", "2012-05" or "2012-05-31" as a reader writes it; anything else as it stands."""
    pattern = {4: "y", 7: "MMMM y", 10: "d MMMM y"}.get(len(written))
    try:
        on = date.fromisoformat((written + "-01-01")[:10])
    except ValueError:
        pattern = None
    if pattern is None:
        return escape(written)
    shown = digits(format_date(on, pattern, locale=_dates()))
    return Markup('<time datetime="{}">{}</time>').format(written, shown)


def _dates() -> str:
    """The locale of dates: in Arabic, months are named as in the country of the owner's choice."""
    locale = i18n.locale_now()
    assert locale is not None, "dates are written for somebody"
    region = choices.arabic_region() if locale.language == "ar" else ""
    return f"ar_{region}" if region else str(locale)


@lru_cache(maxsize=4096)
def _long_date(on: date, locale: str) -> str:
    """Babel's formatting is slow, and a page with forty references repeats the same few days."""
    return format_date(on, "long", locale=locale)


def described(field: Field) -> dict[str, str]:
    """The attributes that tie a field to its hint and its error."""
    ids = [f"{field.id}-hint"] if field.description else []
    if field.errors:
        ids.append(f"{field.id}-error")
    wrong = {"aria-invalid": "true"} if field.errors else {}
    return wrong | ({"aria-describedby": " ".join(ids)} if ids else {})


def absolute(path: str) -> str:
    """A full address; the host comes from SITE_URL only, never from the request."""
    return current_app.config["SITE_URL"] + path


def here(**changes: Any) -> str:
    """This list with some of its query values changed; None takes one away. Unknown values are not passed on."""
    args = request.args
    query = {name: args.get(name) for name in LIST_VALUES if name in args} | changes if args else changes
    query = {name: value for name, value in query.items() if value}
    return url_for(request.endpoint or "pages.home", **{**query, **(request.view_args or {})})

"""Numbers, units, codes and Latin words inside right-to-left text keep their order (U18).

Without isolation "10–20 mg" turns into "mg 20–10" in an Arabic sentence. One pattern finds such runs; pages get
`<bdi dir="ltr">` around them, plain text (titles of windows, feeds, mail subjects) gets Unicode isolates.
"""

import re
import unicodedata

from markupsafe import Markup, escape

LRI, PDI = "\u2066", "\u2069"
_CORE = r"A-Za-z0-9À-ɏΑ-ωµ"
_RUN = re.compile(
    rf"""
    (?:[≤≥<>±~+\-−≈=]\s?(?=[{_CORE}(]))?         # a sign in front
    [(\[]?[{_CORE}]+                            # starts with a letter or digit, perhaps in brackets
    (?:
        \s?[-–—−/.,:+×*&%°·=≤≥<>±~^_'’@\#]{{1,2}}\s?[(\[]?[{_CORE}]+[)\]]?   # joined by signs
      | \s[(\[]?[{_CORE}]+[)\]]?                                          # or by a space
      | [(\[;][{_CORE}]+[)\]]?                                           # or stuck to a bracket
      | [)\]][{_CORE}]+
    )*
    (?:\s?[%‰°][CF]?[)\]]?|[%°+′″‰⁺⁻²³]+[)\]]?|[)\]])?   # what belongs to the end of a value
    """,
    re.VERBOSE,
)
_PLAIN_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_TAG_OR_TEXT = re.compile(r"(<[^>]*>)")
_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SKIP = frozenset({"bdi", "code", "pre"})


def visible(text: str) -> str:
    """A short name without what nobody sees: format signs, separators, unassigned code points. The two joiners stay,
    Arabic and its neighbours need them."""
    return "".join(
        char
        for char in text
        if char in "\u200c\u200d"
        or unicodedata.category(char) not in ("Cf", "Cn", "Co", "Cs", "Cc", "Zl", "Zp")
    ).strip()


def strip_controls(text: str) -> str:
    """Bidirectional overrides and control characters removed: what people type must not reorder what stands around
    it, nor reach a terminal or a feed as a command."""
    return _CONTROLS.sub("", text)


def _balanced(run: str) -> tuple[str, str, str]:
    """(before, run, after): brackets without their partner stay outside the run."""
    before = after = ""
    for opening, closing in ("()", "[]"):
        while run.startswith(opening) and run.count(opening) > run.count(closing):
            before, run = before + opening, run[1:]
        while run.endswith(closing) and run.count(closing) > run.count(opening):
            run, after = run[:-1], closing + after
    return before, run, after


def _wrap(text: str, start: str, start_latin: str, end: str) -> str:
    def replace(match: re.Match[str]) -> str:
        before, run, after = _balanced(match[0])
        if _PLAIN_NUMBER.fullmatch(run) or not run:
            return match[0]
        latin = any(c.isascii() and c.isalpha() for c in run)
        return f"{before}{start_latin if latin else start}{run}{end}{after}"

    return _RUN.sub(replace, text)


def isolate_html(html: str, language: str = "en") -> Markup:
    """`html` (sanitised, so well formed) with its left-to-right runs in `<bdi dir="ltr">`; Latin ones carry `lang`."""
    plain, latin = '<bdi dir="ltr">', f'<bdi dir="ltr" lang="{language}">'
    out, depth = [], 0
    for piece in _TAG_OR_TEXT.split(html):
        if piece.startswith("<"):
            name = piece.strip("</> ").split(" ", 1)[0].lower()
            if name in _SKIP:
                depth += -1 if piece.startswith("</") else 1
            out.append(piece)
        elif depth or not piece:
            out.append(piece)
        else:
            out.append(_isolate_text(piece, plain, latin))
    return Markup("".join(out))  # noqa: S704  # built from sanitised HTML and fixed tags


def _isolate_text(text: str, plain: str, latin: str) -> str:
    if "&" not in text:
        return _wrap(text, plain, latin, "</bdi>")
    decoded = text.replace("&lt;", "\ue000").replace("&gt;", "\ue001")
    pieces = re.split(r"(&[^;\s]{1,10};)", decoded)
    done = "".join(p if p.startswith("&") else _wrap_signs(p, plain, latin) for p in pieces)
    return done.replace("\ue000", "&lt;").replace("\ue001", "&gt;")


def _wrap_signs(text: str, plain: str, latin: str) -> str:
    """As `_wrap`, for text whose < and > stand as private characters (they are part of values such as "< 5 %")."""
    marked = text.replace("\ue000", "<").replace("\ue001", ">")
    wrapped = _wrap(marked, "\ue002", "\ue003", "\ue004")
    wrapped = wrapped.replace("<", "\ue000").replace(">", "\ue001")
    return wrapped.replace("\ue002", plain).replace("\ue003", latin).replace("\ue004", "</bdi>")


def isolate_text(text: str, language: str = "en") -> Markup:
    """Plain `text`, escaped, as HTML with its left-to-right runs isolated."""
    return isolate_html(str(escape(text)), language)


def isolate_plain(text: str) -> str:
    """Plain `text` with Unicode isolates, for places where markup is impossible."""
    return _wrap(text, LRI, LRI, PDI)


def left_to_right_runs(text: str) -> list[tuple[int, int]]:
    """Where the runs stand that the functions above isolate."""
    return [match.span() for match in _RUN.finditer(text)]

"""Passwords: Argon2id, the list of those that are too common, and what a good one is.

Length and commonness count, composition does not: any characters, kept exactly as typed.
"""

import contextlib
import os
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from flask import current_app
from flask_babel import gettext, ngettext
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.security import check_password_hash

from medportal.lib.bloom import Bloom
from medportal.models.setting import all_settings
from medportal.models.user import STAFF

SHORTEST, SHORTEST_FOR_STAFF, LONGEST = 10, 14, 256
AT_ONCE = 2
_PATIENCE = 5.0  # seconds in the queue; then a kind "later" is better than a thread that readers miss
Result = TypeVar("Result")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_RUNS = ("qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz", "01234567890123456789")


def _hasher() -> PasswordHasher:
    return _hasher_of(current_app.config["PASSWORD_PASSES"], current_app.config["PASSWORD_MEMORY_KIB"])


@cache
def _hasher_of(passes: int, memory: int) -> PasswordHasher:
    return PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1)


@cache
def _nobody(hasher: PasswordHasher) -> str:
    return hasher.hash("no account has this password")


def hash_of(password: str) -> str:
    """Costly on purpose: call it with no transaction open."""
    return _aside(_hasher().hash, password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is that of the hash; None (no such account) costs the same time and is never right."""
    hasher = _hasher()
    if stored is not None and not stored.startswith("$argon2"):
        return _aside(check_password_hash, stored, password)
    return _aside(_verify, hasher, stored, password) and stored is not None


def _verify(hasher: PasswordHasher, stored: str | None, password: str) -> bool:
    try:
        return hasher.verify(stored or _nobody(hasher), password)
    except (Argon2Error, InvalidHashError):
        return False


def _aside(work: Callable[..., Result], *arguments: Any) -> Result:
    """Done by one of two threads of low priority, so that readers of this worker go first."""
    task = _pool().submit(work, *arguments)
    try:
        return task.result(timeout=_PATIENCE)
    except TimeoutError:
        task.cancel()
        raise ServiceUnavailable from None


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hash", initializer=_step_back)


def _step_back() -> None:
    with contextlib.suppress(OSError, AttributeError):  # where the system does not know priorities of threads
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def is_outdated(stored: str) -> bool:
    """Made by another method or with another cost than configured: renew it while the password is at hand."""
    return not stored.startswith("$argon2") or _hasher().check_needs_rehash(stored)


def shortest_for(role: str) -> int:
    return SHORTEST_FOR_STAFF if role in STAFF else SHORTEST


def fault_of(password: str, *, role: str, context: Iterable[str]) -> str | None:
    """Why this password is refused, in the reader's language, or None.

    `context`: words that anybody would try first (the site's name, the member's name and address).
    """
    least = shortest_for(role)
    if len(password) < least:
        return ngettext(
            "At least %(n)s character, please. Several words are easy to remember.",
            "At least %(n)s characters, please. Several words are easy to remember.",
            least,
            n=least,
        )
    if len(password) > LONGEST:
        return gettext("At most %(n)s characters, please.", n=LONGEST)
    plain = _plain(password)
    for check, fault in _CHECKS:
        if check(plain):
            return fault()
    if _is_context(plain, context):
        return gettext("This contains little more than a name or address that others know or guess.")
    return None


def context_words(*own: str | None) -> list[str]:
    """What a password must not merely repeat: the site's names and the member's own."""
    site = all_settings().get("site_name") or {}
    return ["medportal", "medical portal", *site.values(), *(word for word in own if word)]


def _plain(text: str) -> str:
    """Comparable, and no longer than a password may be: a few signs grow eighteenfold under NFKC."""
    return unicodedata.normalize("NFKC", text).casefold()[:LONGEST]


def _is_common(plain: str) -> bool:
    """In the list as it is, without its blanks, or but for a few digits and signs around it."""
    known, whole = _common(), plain.strip()
    core = _ENDS.sub("", whole)
    return (
        whole in known
        or re.sub(r"\s+", "", whole) in known
        or (len(core) >= 4 and core in known and len(whole) - len(core) < 8)
    )


def _is_repetition(plain: str) -> bool:
    """Few different characters, or a shorter text over and over, the last time perhaps cut off."""
    return len(set(plain)) < 5 or any(
        plain.startswith(plain[size:]) for size in range(1, len(plain) // 2 + 1)
    )


def _is_run(plain: str) -> bool:
    bare = re.sub(r"[\W_]+", "", plain)
    return len(bare) >= 4 and any(bare in run or bare in run[::-1] for run in _RUNS)


def _is_context(plain: str, context: Iterable[str]) -> bool:
    rest = plain
    for phrase in context:
        for word in re.split(r"[\W_]+", _plain(phrase)):
            if len(word) >= 3:
                rest = rest.replace(word, "")
    return rest != plain and len(_ENDS.sub("", rest)) < 4


_CHECKS: tuple[tuple[Callable[[str], bool], Callable[[], str]], ...] = (
    (_is_common, lambda: gettext("This is one of the passwords that are tried first everywhere.")),
    (_is_repetition, lambda: gettext("This repeats the same few characters.")),
    (_is_run, lambda: gettext("This is a run of neighbouring keys or letters.")),
)


@cache
def _common() -> Bloom:
    return Bloom.load(Path(__file__).parent / "data" / "common_passwords.bloom")

"""The consultants' corner in tests: somebody who stands there, and what pages say of them."""

import datetime as dt
import json

from medportal.models.practice import CredentialCheck

FRCS = {
    "abbr": "F.R.C.S.Ed",
    "meaning": {
        "en": "Fellow of the Royal College of Surgeons of Edinburgh",
        "ar": "زمالة الكلية الملكية للجراحين في إدنبرة",
    },
}
SLUGS = {"en": "layla-sample", "ar": "ليلى-نموذج"}
NAMES = {"en": "Dr Layla Sample", "ar": "د. ليلى نموذج"}
CHECK = {
    "kind": "licence",
    "what_en": "Licence of the Sample Council",
    "what_ar": "ترخيص المجلس النموذجي",
    "issued_by_en": "Sample Council",
    "issued_by_ar": "المجلس النموذجي",
    "number": "SECRET-77",
    "seen_on": "2026-02-20",
    "valid_until": "2026-05-01",
}
PROFILE = {
    "listed": "y",
    "rank": "consultant",
    "gender": "feminine",
    "languages": "fr",
    "biography_en": "First.\n\nSecond & third",
    "account": "",
    "photo": "",
}
OWN = {"disclosure": "none", "place0_country": "", "languages": "ar"}

CARDIOLOGY = ("cardiology", {"en": "Cardiology", "ar": "أمراض القلب"})
NEUROLOGY = ("neurology", {"en": "Neurology", "ar": "الأمراض العصبية"})


def other(n, **values):
    names = {"en": f"Sample {n}", "ar": f"نموذج {n}"}
    return {"name": names, "slugs": {"en": f"sample-{n}", "ar": f"نموذج-{n}"}} | values


def profile(lang):
    return f"/{lang}/consultants/{SLUGS[lang]}"


def cards(page):
    return [a.get_text() for a in page.all(".consultant .card__title a")]


def ld(page):
    return json.loads(page.one('script[type="application/ld+json"]').string)


def row_of(person, **values):
    facts = {
        "kind": "licence",
        "what": {"en": "Licence", "ar": "ترخيص"},
        "issued_by": {"en": "Sample Council", "ar": "المجلس النموذجي"},
        "number": "SECRET-77",
        "seen_by": "Owner Example",
        "seen_on": dt.date(2026, 2, 20),
    }
    return CredentialCheck(person_id=person, **facts | values)


def badges(page):
    return page.all(".badge--verified")


def propose(doctor, lang="en", **form):
    return doctor.send(f"/{lang}/consultants/work/profile", **OWN | {"biography_en": "Old words"} | form)

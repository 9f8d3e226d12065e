"""Arabic letters: folding for search, sorting and A–Z.

Readers type without vowel marks, without hamza and with heh for teh marbuta. Folding maps what is typed and what is
written to one form; it is applied to both sides and never shown.
"""

import re
import unicodedata

ARABIC_ALPHABET = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
LATIN_ALPHABET = "abcdefghijklmnopqrstuvwxyz"

_MARKS = re.compile(
    "[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_LETTERS = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ئ": "ي",
        "ی": "ي",
        "ؤ": "و",
        "ة": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ە": "ه",
        "ک": "ك",
        "گ": "ك",
        "ء": "",
    }
)
_DIGITS = {ord(c): str(n % 10) for n, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}
_ARABIC_DIGITS = {ord(str(n)): c for n, c in enumerate("٠١٢٣٤٥٦٧٨٩")}
# A bare ال is the article, except where it belongs to the word: stems such as التهاب, and names with hamza (ألياف).
_NO_ARTICLE = "التهاب|التواء|التصاق|التئام|التحام|التقاط|التفاف|التباس|التماس|التزام|التقاء|التفات|التحاق|التهام|التماع|الله"
_ARTICLE = re.compile(rf"\b(?!(?:{_NO_ARTICLE})\w*)ال(?=\w{{2}})")
_ARABIC = re.compile("[\u0621-\u064a]")


def has_arabic(text: str) -> bool:
    return bool(_ARABIC.search(text))


def to_ascii_digits(text: str) -> str:
    return text.translate(_DIGITS)


def to_arabic_digits(text: str) -> str:
    return text.translate(_ARABIC_DIGITS)


def fold(text: str) -> str:
    """Lower case, no marks, one form per letter, ASCII digits, no Latin accents."""
    text = unicodedata.normalize("NFKC", text)
    text = _MARKS.sub("", text).translate(_LETTERS).translate(_DIGITS)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return text.casefold()


def sort_key(text: str) -> str:
    """What a list is sorted by: folded, words apart by one space, without the Arabic article and leading signs.

    The order of the folded Arabic letters in Unicode is the order of the alphabet, so a plain comparison of keys
    sorts as a reader expects, in any database.
    """
    bare = _ARTICLE.sub("", _MARKS.sub("", unicodedata.normalize("NFKC", text)))
    return re.sub(r"[^\w]+", " ", fold(bare)).strip()[:120]


def index_letter(text: str) -> str:
    """The letter of the A–Z under which a title stands; "#" for digits and other scripts."""
    key = sort_key(text)
    first = key[:1]
    if first in ARABIC_ALPHABET or first in LATIN_ALPHABET:
        return first or "#"
    return "#"

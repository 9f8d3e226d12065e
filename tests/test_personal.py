"""Personal details in what readers write: found in both languages, and never a dose, a blood pressure, a year or an age."""

import itertools
import time

import pytest

from medportal.lib.personal import Finding, Kind, find, mask

FOUND = [
    # telephone numbers
    ("ar", "رقمي 0551234567 للتواصل", "phone", "0551234567"),
    ("ar", "رقم هاتفي ٠٩٤٤ ١٢٣ ٤٥٦", "phone", "٠٩٤٤ ١٢٣ ٤٥٦"),
    ("ar", "اتصلوا بي على +963 944 123 456 مساءً", "phone", "+963 944 123 456"),
    ("ar", "واتساب: 00962791234567", "phone", "00962791234567"),
    ("ar", "الجوال ٠ ٥ ٥ ١ ٢ ٣ ٤ ٥ ٦ ٧", "phone", "٠ ٥ ٥ ١ ٢ ٣ ٤ ٥ ٦ ٧"),
    ("ar", "هـاتـفـي 6123456", "phone", "6123456"),
    ("ar", "مَوبايلي: ٠١٠٠١٢٣٤٥٦٧", "phone", "٠١٠٠١٢٣٤٥٦٧"),
    ("ar", "أرجو الرد 01001234567", "phone", "01001234567"),
    ("ar", "02/2961234 بعد الظهر", "phone", "02/2961234"),
    ("ar", "966551234567 هذا للرد", "phone", "966551234567"),
    ("ar", "للرد 06.12.34.56.78", "phone", "06.12.34.56.78"),
    ("ar", "\u202a+971-50-123-4567\u202c", "phone", "+971-50-123-4567"),
    ("ar", "۰۹۱۲۳۴۵۶۷۸", "phone", "۰۹۱۲۳۴۵۶۷۸"),
    ("en", "call me on 555-123-4567", "phone", "555-123-4567"),
    ("en", "My mobile is (02) 2345 6789.", "phone", "(02) 2345 6789"),
    ("en", "Reach me: +20 100 123 4567", "phone", "+20 100 123 4567"),
    ("en", "whatsapp 77 123 456", "phone", "77 123 456"),
    ("en", "33123456 any time", "phone", "33123456"),
    ("en", "9912 3456 after six", "phone", "9912 3456"),
    ("en", "tel.: 4433221", "phone", "4433221"),
    # addresses of the net
    ("ar", "بريدي sara.k@mail.example.com شكرًا", "email", "sara.k@mail.example.com"),
    ("ar", "راسلوني على ahmad(at)mail.example", "email", "ahmad(at)mail.example"),
    ("en", "Write to layla_90 [at] mail [dot] example", "email", "layla_90 [at] mail [dot] example"),
    ("en", "omar at mail dot com", "email", "omar at mail dot com"),
    ("ar", "التقرير على https://files.example/scan?id=7 للاطلاع", "url", "https://files.example/scan?id=7"),
    ("en", "see www.my-blog.example/me.", "url", "www.my-blog.example/me"),
    ("en", "pictures at my-clinic.com/photos", "url", "my-clinic.com/photos"),
    ("ar", "wa.me/963944123456", "url", "wa.me/963944123456"),
    ("ar", "حسابي على انستغرام sara_h", "handle", "sara_h"),
    ("ar", "سناب: rami1990", "handle", "rami1990"),
    ("ar", "تابعوني @reem.health", "handle", "@reem.health"),
    ("en", "my instagram is mona_92", "handle", "mona_92"),
    ("en", "Telegram: khaledx", "handle", "khaledx"),
    ("en", "find me as @dr.patient on twitter", "handle", "@dr.patient"),
    # names
    ("ar", "اسمي رُلى", "name", "رُلى"),
    ("ar", "اسمي سمر حداد وعمري 30 سنة", "name", "سمر حداد"),
    ("ar", "أنا محمد الخطيب من دمشق", "name", "محمد الخطيب"),
    ("ar", "أنا فاطمـة وأعاني من الصداع", "name", "فاطمـة"),
    ("ar", "زوجتي فاطمة حامل", "name", "فاطمة"),
    ("ar", "ابني عبد الرحمن عمره 5 سنوات", "name", "عبد الرحمن"),
    ("ar", "راجعت الدكتور سامر العلي قبل شهر", "name", "سامر العلي"),
    ("ar", "كتب لي د. حسان دواءً", "name", "حسان"),
    ("ar", "د/ ياسر المصري", "name", "ياسر المصري"),
    ("ar", "عند الدكتورة غيداء", "name", "غيداء"),
    ("ar", "السيدة أم محمد جارتنا", "name", "أم محمد"),
    ("ar", "مع التحية، وائل", "name", "وائل"),
    ("ar", "راجعت مع أحمد يوسف الحسن أمس", "name", "أحمد يوسف الحسن"),
    ("ar", "ابنتي اسمها تالا", "name", "تالا"),
    ("ar", "أنا Ahmad وعمري 40", "name", "Ahmad"),
    ("en", "My name is john smith and I have asthma", "name", "john smith"),
    ("en", "I'm Layla, 34 years old", "name", "Layla"),
    ("en", "my wife Sara has fever", "name", "Sara"),
    ("en", "my son Tarek al-Masri coughs", "name", "Tarek al-Masri"),
    ("en", "I saw Dr. Khalil Haddad last week", "name", "Khalil Haddad"),
    ("en", "Mrs Peterson said it is fine", "name", "Peterson"),
    ("en", "Kind regards,\nOlivia", "name", "Olivia"),
    ("en", "Patient name: Nadia K", "name", "Nadia K"),
    ("en", "This is Mahmoud Salim writing", "name", "Mahmoud Salim"),
    # places
    ("ar", "أسكن في شارع بغداد، دمشق", "address", "شارع بغداد"),
    ("ar", "بيتنا في حي الميدان", "address", "حي الميدان"),
    ("ar", "عمارة رقم 12 شقة ٣", "address", "عمارة رقم 12"),
    ("ar", "ص.ب 1234", "address", "ص.ب 1234"),
    ("ar", "صندوق بريد: ٥٥٦", "address", "صندوق بريد: ٥٥٦"),
    ("ar", "عنواني: خلف الجامع الكبير", "address", "خلف الجامع الكبير"),
    ("ar", "الرمز البريدي 11953", "address", "الرمز البريدي 11953"),
    ("en", "I live at 12 King Fahd Road", "address", "12 King Fahd Road"),
    ("en", "near Baker Street", "address", "Baker Street"),
    ("en", "P.O. Box 4567", "address", "P.O. Box 4567"),
    ("en", "PO Box 90, Amman", "address", "PO Box 90"),
    ("en", "apartment 7, building 15", "address", "apartment 7"),
    ("en", "My address is opposite the central bank", "address", "opposite the central bank"),
    ("en", "NW1 6XE", "address", "NW1 6XE"),
    # numbers of states, hospitals, insurances
    ("ar", "الرقم الوطني: 9871234567", "national_number", "9871234567"),
    ("ar", "رقم الهوية هو ١٠٢٣٤٥٦٧٨٩", "national_number", "١٠٢٣٤٥٦٧٨٩"),
    ("ar", "رقمي القومي 29001010101234", "national_number", "29001010101234"),
    ("ar", "29001010101234", "national_number", "29001010101234"),
    ("ar", "البطاقة: 784-1990-1234567-1", "national_number", "784-1990-1234567-1"),
    ("ar", "جواز السفر N0123456", "national_number", "N0123456"),
    ("ar", "CIN AB123456", "national_number", "AB123456"),
    ("en", "civil ID 290010112345", "national_number", "290010112345"),
    ("en", "Emirates ID number 784199012345671", "national_number", "784199012345671"),
    ("en", "passport no. A1234567", "national_number", "A1234567"),
    ("ar", "رقم الملف في المشفى 45321", "file_number", "45321"),
    ("ar", "رقم التأمين AB-778899", "file_number", "AB-778899"),
    ("ar", "الملف رقم ٧٨١٢", "file_number", "٧٨١٢"),
    ("en", "MRN 0045871", "file_number", "0045871"),
    ("en", "insurance policy number: GX 1234567", "file_number", "GX 1234567"),
    ("en", "my file number is 8812", "file_number", "8812"),
    # days of birth
    ("ar", "مواليد 12/5/1985", "date_of_birth", "12/5/1985"),
    ("ar", "تاريخ الميلاد: ١٩٨٥-٠٥-١٢", "date_of_birth", "١٩٨٥-٠٥-١٢"),
    ("ar", "ولدت في 3 تشرين الثاني 1979", "date_of_birth", "3 تشرين الثاني 1979"),
    ("en", "DOB 12/05/1980", "date_of_birth", "12/05/1980"),
    ("en", "I was born on May 5, 1990", "date_of_birth", "May 5, 1990"),
    ("en", "date of birth: 7 June 1966", "date_of_birth", "7 June 1966"),
]

HARMLESS = [
    ("ar", "ضغطي 120/80 وأحيانًا 150/95 أو ١٤٠/٩٠"),
    ("ar", "قراءات الضغط 130/85 135/90 140/92"),
    ("ar", "عمري 45 سنة ووزني 82 كغ وطولي 170 سم"),
    ("ar", "أتناول 500 ملغ ثلاث مرات يوميًا"),
    ("ar", "آخذ ١٠٠٠ ملغ صباحًا و٥٠٠ مساءً"),
    ("ar", "حقنة 1200000 وحدة كل شهر"),
    ("ar", "السكر الصائم 126 والتراكمي 7.2%"),
    ("ar", "سكر الدم 180 200 240 250"),
    ("ar", "الصفائح 250000 والكريات البيضاء 11000"),
    ("ar", "الحمل الفيروسي 1543210 نسخة/مل"),
    ("ar", "أصبت به عام 2015 ثم عام 2019"),
    ("ar", "بين 2010-2015 وبين ٢٠١٨–٢٠٢١"),
    ("ar", "أجريت العملية في 12/03/2024 الساعة 10:30"),
    ("ar", "رمز المرض E11.9 و I21.4"),
    ("ar", "أنا مريض بالسكري منذ خمس سنوات"),
    ("ar", "أنا امرأة حامل في الشهر السادس"),
    ("ar", "أنا سعيد بهذه الخدمة"),
    ("ar", "ابني سليم ولا يشكو من شيء"),
    ("ar", "زوجتي تعاني من الربو"),
    ("ar", "قال الدكتور إن الضغط مرتفع"),
    ("ar", "الدكتور الذي راجعته وصف لي دواء"),
    ("ar", "راجعت دكتورة النساء ودكتور القلب"),
    ("ar", "هل آخذ الدواء عن طريق الفم؟"),
    ("ar", "أشعر بدوار عند الوقوف"),
    ("ar", "ألم في منطقة البطن والظهر"),
    ("ar", "جدي على قيد الحياة وهو حي الآن"),
    ("ar", "هل الأطعمة الحارة تزيد الألم؟"),
    ("ar", "شفيت والحمد لله، أحمد الله على ذلك"),
    ("ar", "أثر الدواء على القلب والكلى"),
    ("ar", "عمر الطفل ثلاث سنوات"),
    ("ar", "طلب مني الطبيب تحليلًا"),
    ("ar", "قرأت على فيسبوك أن القرفة تفيد"),
    ("ar", "أخاف من المشي في الشارع وحدي"),
    ("ar", "نسبة 95٪ و 0.5 و ٠٫٢٥"),
    ("ar", "تصلب الشرايين: بناء العضلات مفيد أم لا؟"),
    ("ar", "من مواليد 1985"),
    ("en", "My pressure is 120/80, sometimes 150 / 95"),
    ("en", "readings: 130/85, 142/91 and 138/88"),
    ("en", "I am 45 years old, 82 kg, 170 cm"),
    ("en", "500 mg twice a day, then 1000 mg"),
    ("en", "penicillin 1200000 units"),
    ("en", "1,200,000 IU and 150,000 platelets"),
    ("en", "HbA1c 7.2 %, fasting sugar 126 mg/dL"),
    ("en", "viral load 1543210 copies/ml"),
    ("en", "WBC 11000, platelets 250000"),
    ("en", "in 2015, 2018 and 2020-2021"),
    ("en", "surgery on 12/03/2024 at 10:30"),
    ("en", "ICD-10 code E11.9, I21.4 or G13.1"),
    ("en", "I am Syrian and diabetic"),
    ("en", "I am taking insulin"),
    ("en", "my son has had fever since Monday"),
    ("en", "the doctor said it is fine"),
    ("en", "My Dr. recommended a scan"),
    ("en", "a disease called asthma"),
    ("en", "I read it on facebook that cinnamon helps"),
    ("en", "I walked 5 km down the road"),
    ("en", "2 tablets by the way"),
    ("en", "the road to recovery is long; street drugs harm"),
    ("en", "how to address the problem of weight"),
    ("en", "vitamin B12 and omega 3, 2000 calories, 10,000 steps"),
    ("en", "my calls at 8:30-16:30"),
    ("en", "sugar values 120 130 140 180 over the day"),
    ("en", "I miss sleep and cannot walk"),
    ("en", "born in 1985"),
]


@pytest.mark.parametrize(("lang", "text", "kind", "part"), FOUND, ids=lambda value: str(value)[:30])
def test_a_personal_detail_is_found(lang, text, kind, part):
    found = [
        (finding.kind, text[finding.start : finding.end].strip("\u202a\u202c"))
        for finding in find(text, lang)
    ]
    assert (kind, part) in found, found


@pytest.mark.parametrize(("lang", "text"), HARMLESS, ids=lambda value: str(value)[:30])
def test_what_a_question_is_about_is_not(lang, text):
    assert [(finding.kind, text[finding.start : finding.end]) for finding in find(text, lang)] == []


def test_several_are_told_apart_and_do_not_overlap():
    text = "أنا سلمى الحاج، رقمي 0944123456 وبريدي s@mail.example، أسكن في شارع النيل بناء 7، وضغطي 130/80."
    found = find(text, "ar")
    assert [finding.kind for finding in found] == ["name", "phone", "email", "address", "address"]
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


def test_a_proposal_puts_the_callers_words_in_their_place():
    text = "I'm Layla, call 0551234567. My dose is 500 mg."
    words = {kind: f"[{kind.value}]" for kind in Kind}
    assert mask(text, find(text, "en"), words) == "I'm [name], call [phone]. My dose is 500 mg."
    assert mask("abc", [], words) == "abc"
    assert mask("abc", [Finding(1, 2, Kind.NAME)], words) == "a[name]c"


def test_nothing_comes_of_nothing():
    for text in ("", " ", "\u0640\u064b", "?!", "\x00"):
        assert find(text, "ar") == find(text, "en") == []


@pytest.mark.parametrize(
    "piece",
    ["1 ", "a ", "د. ", "@a.", "محمد ", "شارع ", "(at) ", "0-", "http://", "2/2/", "رقم الملف ", "a.b"],
)
def test_long_nonsense_takes_no_long_time(piece):
    began = time.perf_counter()
    find(piece * (20_000 // len(piece)), "ar")
    assert time.perf_counter() - began < 4

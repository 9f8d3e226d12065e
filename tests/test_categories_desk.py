"""Categories at the desk: a tree with names in every language, merged without losing anything."""

import pytest
import sqlalchemy as sa

from medportal import renewals, taxonomy
from medportal.blueprints.taxonomy import services
from medportal.digests import subscribers
from medportal.digests.subscribers import Consent, Manner, Wishes
from medportal.extensions import db
from medportal.models.content import ContentCategory
from medportal.models.renewal import Renewal
from medportal.models.subscription import Follow
from medportal.models.taxonomy import Category
from medportal.search import query, upkeep

NAMES = {"name_en": "Lungs", "name_ar": "الرئتان"}


@pytest.fixture
def editor(as_):
    return as_("editor")


@pytest.fixture
def make_tree(in_app):
    """`make_tree(heart=None, valves="heart")`: slugs and their parents, in this order."""

    def make(**parents):
        def build():
            made = {}
            for n, (slug, parent) in enumerate(parents.items(), 1):
                above = made[parent] if parent else None
                row = Category(
                    slug=slug, name={"en": slug.title(), "ar": f"تصنيف {slug}"}, position=n, parent_id=above
                )
                db.session.add(row)
                db.session.flush()
                made[slug] = row.id
            return made

        return in_app(build)

    return make


@pytest.fixture
def stored(in_app):
    """slug → (name in English, parent, position)"""

    def look():
        rows = list(db.session.scalars(sa.select(Category)))
        slugs = {row.id: row.slug for row in rows}
        return {row.slug: (row.name.get("en"), slugs.get(row.parent_id), row.position) for row in rows}

    return lambda: in_app(look)


def form(**values):
    return NAMES | {"parent": "0"} | {name: str(value) for name, value in values.items()}


def test_a_category_is_added_named_in_every_language(editor, stored, in_app, lang):
    where = f"/{lang}/admin/categories"
    assert editor.get(where).all(".empty")
    editor.send(f"{where}/new", **form(icd10_range="j40 – j99, f52"))
    assert stored() == {"lungs": ("Lungs", None, 1)}
    assert in_app(lambda: db.session.scalar(sa.select(Category.icd10_range))) == "J40-J99; F52"
    assert NAMES[f"name_{lang}"] in editor.get(where).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name_en": "", "name_ar": ""}, "name_ar"),
        ({"icd10_range": "lungs"}, "icd10_range"),
        ({"parent": 77}, "parent"),
        ({"slug": "heart"}, "slug"),
        ({"slug": "!!"}, "slug"),
    ],
)
def test_a_wrong_answer_is_named_and_what_was_typed_stays(editor, make_category, stored, lang, wrong, field):
    make_category("heart")
    page = editor.send(f"/{lang}/admin/categories/new", 422, **form() | {"name_en": "Typed"} | wrong)
    assert page.one("[data-errors] a")["href"] == f"#{field}"
    assert page.one("#name_en")["value"] == wrong.get("name_en", "Typed")
    assert list(stored()) == ["heart"]


def test_fields_follow_the_language_they_are_for(editor, lang):
    page = editor.get(f"/{lang}/admin/categories/new")
    assert [page.one(f"#name_{code}")["dir"] for code in ("ar", "en")] == ["rtl", "ltr"]
    assert [page.one(f"#{name}")["dir"] for name in ("slug", "icd10_range")] == ["ltr", "ltr"]


def test_a_renamed_category_is_found_by_its_new_name(editor, make_category, make_content, in_app, read):
    make_content(langs=("en",), categories=[make_category()])
    assert len(in_app(lambda: query.search("heart").hits)) == 1
    editor.send("/en/admin/categories/1", **form())
    assert len(in_app(lambda: query.search("lungs").hits)) == 1
    assert in_app(lambda: query.search("heart").hits) == []
    assert in_app(upkeep.faults) == []
    assert "Lungs" in read("/en/categories/").text


def test_many_pages_are_renewed_by_the_jobs_program(editor, make_category, make_content, in_app, monkeypatch):
    monkeypatch.setattr(renewals, "AT_ONCE", 1)
    category = make_category()
    for title in ("Stroke", "Asthma"):
        make_content(langs=("en",), title=title, categories=[category])
    for _ in range(2):
        editor.send("/en/admin/categories/1", **form())
    assert in_app(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Renewal))) == 2
    assert in_app(renewals.keep) == 2
    assert len(in_app(lambda: query.search("lungs").hits)) == 2
    assert in_app(upkeep.faults) == []


def test_the_order_is_changed_and_the_tree_keeps_together(editor, make_tree, stored):
    ids = make_tree(heart=None, lungs=None, valves="heart", rhythm="heart")
    editor.send(f"/en/admin/categories/{ids['lungs']}/up")
    assert {slug: row[2] for slug, row in stored().items()} == {
        "lungs": 1,
        "heart": 2,
        "valves": 3,
        "rhythm": 4,
    }
    editor.send(f"/en/admin/categories/{ids['valves']}/down")
    editor.send(f"/en/admin/categories/{ids['valves']}/down")
    titles = [a.get_text() for a in editor.get("/en/admin/categories").all(".row__title a")]
    assert titles == ["Lungs", "Heart", "Rhythm", "Valves"]
    first = editor.get("/en/admin/categories").all(".row")[0]
    assert [f["action"][-4:] for f in first.select("form")] == ["down"]


def test_no_category_stands_below_itself(editor, make_tree, stored, in_app):
    ids = make_tree(heart=None, valves="heart")
    before = stored()
    for below in ("heart", "valves"):
        page = editor.send(f"/en/admin/categories/{ids['heart']}", 422, **form(parent=ids[below]))
        assert page.all("#parent-error")
    assert stored() == before

    def force():
        heart = db.session.get_one(Category, ids["heart"])
        services.change_category(heart, heart.name, parent_id=ids["valves"], icd10_range=None, by="test")

    with pytest.raises(services.Circle):
        in_app(force)


def test_an_address_stays_once_a_page_stands_in_the_category(editor, make_tree, make_content, stored, read):
    ids = make_tree(heart=None, lungs=None)
    make_content(categories=["heart"])
    editor.send(f"/en/admin/categories/{ids['heart']}", **form(slug="other"))
    editor.send(f"/en/admin/categories/{ids['lungs']}", **form(slug="other"))
    assert sorted(stored()) == ["heart", "other"]
    assert read("/en/categories/lungs", 301).response.location.endswith("/en/categories/other")


@pytest.fixture
def follow(in_app):
    def add(address, **wishes):
        manner = Manner(lang="en", frequency="weekly")
        chosen = Wishes(**{name: frozenset(numbers) for name, numbers in wishes.items()})
        in_app(lambda: subscribers.subscribe(address, chosen, manner, Consent(lang="en", how="form")).id)

    return add


def test_a_merge_moves_pages_followers_children_and_the_address(
    editor, make_tree, make_content, follow, in_app, stored, read, lang
):
    ids = make_tree(heart=None, blood=None, valves="heart")
    only = make_content(langs=("en",), title="Only", categories=["heart"])
    both = make_content(langs=("en",), title="Both", categories=["heart", "blood"])
    follow("one@mail.example.com", categories=[ids["heart"]])
    follow("two@mail.example.com", categories=[ids["heart"], ids["blood"]], within=[ids["heart"]])
    where = f"/{lang}/admin/categories/{ids['heart']}/merge"
    assert editor.get(where).one("#into").select("option")[0]["value"] == str(ids["blood"])
    assert editor.get(f"{where}?into={ids['blood']}").all("form.form input[name=into]")
    editor.send(where, into=str(ids["blood"]))
    assert stored() == {"blood": ("Blood", None, 1), "valves": ("Valves", "blood", 2)}

    def links():
        pages = [
            (row.content_id, row.category_id, row.position)
            for row in db.session.scalars(sa.select(ContentCategory))
        ]
        follows = [
            (row.subscriber_id, row.what, row.category_id) for row in db.session.scalars(sa.select(Follow))
        ]
        return sorted(pages), sorted(follows)

    blood = ids["blood"]
    assert in_app(links) == (
        [(only, blood, 0), (both, blood, 0)],
        [(1, "category", blood), (2, "category", blood), (2, "within", blood)],
    )
    assert read(f"/{lang}/categories/heart", 301).response.location.endswith(f"/{lang}/categories/blood")
    assert len(in_app(lambda: query.search("blood").hits)) == 2
    assert in_app(upkeep.faults) == []


@pytest.mark.parametrize("into", ["heart", "valves", "nothing"])
def test_a_category_is_not_merged_into_itself_or_below(editor, make_tree, stored, into):
    ids = make_tree(heart=None, valves="heart")
    before = stored()
    editor.send(f"/en/admin/categories/{ids['heart']}/merge", 422, into=str(ids.get(into, 99)))
    assert stored() == before


def test_the_shipped_list_brings_back_neither_merged_nor_deleted_ones(editor, in_app, stored):
    in_app(taxonomy.load)
    ids = in_app(lambda: dict(db.session.execute(sa.select(Category.slug, Category.id)).all()))
    editor.send(f"/en/admin/categories/{ids['blood']}/merge", into=str(ids["tumors"]))
    editor.send(f"/en/admin/categories/{ids['infectious']}/delete", sure="y")
    assert in_app(taxonomy.load) == 0
    assert not {"blood", "infectious"} & set(stored())
    assert in_app(lambda: taxonomy.current(["blood", "infectious", "tumors"])) == ["tumors", "tumors"]
    editor.send("/en/admin/categories/new", **form(slug="infectious"))
    assert "infectious" in stored()


def test_only_an_empty_category_is_deleted(editor, make_tree, make_content, follow, stored, lang):
    ids = make_tree(heart=None, valves="heart", blood=None, lungs=None)
    make_content(categories=["blood"])
    follow("one@mail.example.com", categories=[ids["lungs"]])
    for slug in ("heart", "blood", "lungs"):
        page = editor.send(f"/{lang}/admin/categories/{ids[slug]}/delete", 422, sure="y")
        assert page.all("[data-errors]")
    assert editor.send(f"/{lang}/admin/categories/{ids['valves']}/delete", 200).all("input[name=sure]")
    editor.send(f"/{lang}/admin/categories/{ids['valves']}/delete", sure="y")
    assert sorted(stored()) == ["blood", "heart", "lungs"]


def test_the_tree_costs_the_same_whatever_its_size(editor, make_tree, count_queries):
    make_tree(heart=None)
    one = count_queries(lambda: editor.get("/en/admin/categories"))
    make_tree(a=None, b="a", c="b", d=None)
    assert count_queries(lambda: editor.get("/en/admin/categories")) == one


@pytest.mark.parametrize("role", ["member", "consultant"])
def test_only_staff_may_look(as_, role):
    as_(role).get("/en/admin/categories", 403)

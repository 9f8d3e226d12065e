"""The desk's screens for categories."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from medportal import audit
from medportal.access import staff
from medportal.blueprints.accounts.answers import Answer
from medportal.blueprints.taxonomy import queries, services
from medportal.blueprints.taxonomy.forms import category_form
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.localized import LocalizedForm, spread
from medportal.models.taxonomy import Category
from medportal.models.types import localize
from medportal.sessions import member

bp = Blueprint("taxonomy", __name__, url_prefix="/<lang:lang>/admin/categories")

DONE = {
    "added": _l("The category has been added."),
    "saved": _l("The category has been saved."),
    "moved": _l("The order has been changed."),
    "merged": _l("The categories have been merged. The old address leads to the new one."),
    "deleted": _l("The category has been deleted."),
}


@bp.app_context_processor
def _done() -> dict[str, object]:
    return {"taxonomy_done": DONE}


def _me() -> str:
    return audit.actor_name(member().role, member().id)


def _category(number: int) -> Category:
    category = queries.by_number(number)
    if category is None:
        abort(404)
    return category


def _name(category: Category) -> str:
    return localize(category.name, current_language().code)


@bp.get("")
@staff
def categories() -> str:
    return render_template("admin/categories.html", tree=queries.tree())


@bp.route("/new", methods=["GET", "POST"])
@staff
def new() -> Answer:
    form = category_form()
    if form.validate_on_submit():
        try:
            services.add_category(
                form.localized("name"),
                slug=form.slug.data or "",
                parent_id=form.parent.data or None,
                icd10_range=form.icd10_range.data or None,
                by=_me(),
            )
        except services.SlugTaken:
            return _taken(form, None)
        db.session.commit()
        return redirect(url_for("taxonomy.categories", done="added"), 303)
    return _page(form, None)


def _taken(form: LocalizedForm, category: Category | None) -> Answer:
    form["slug"].errors = [gettext("Another category has this address, or no address can be made of it.")]
    return _page(form, category)


def _page(form: LocalizedForm, category: Category | None, fault: str = "") -> Answer:
    form.form_errors = [fault] if fault else []
    status = 422 if request.method == "POST" else 200
    return render_template("admin/category.html", form=form, category=category), status


def _stored(category: Category) -> dict[str, object]:
    return {
        "parent": category.parent_id or 0,
        "icd10_range": category.icd10_range,
        "slug": category.slug,
        **spread("name", category.name),
    }


@bp.route("/<int:number>", methods=["GET", "POST"])
@staff
def change(number: int) -> Answer:
    category = _category(number)
    form = category_form(category, data=_stored(category))
    if form.validate_on_submit():
        try:
            services.change_category(
                category,
                form.localized("name"),
                slug=form.slug.data or None if "slug" in form else None,
                parent_id=form.parent.data or None,
                icd10_range=form.icd10_range.data or None,
                by=_me(),
            )
        except services.SlugTaken:
            return _taken(form, category)
        db.session.commit()
        return redirect(url_for("taxonomy.categories", done="saved"), 303)
    return _page(form, category)


@bp.post("/<int:number>/<any(up, down):way>")
@staff
def move(number: int, way: str) -> Response:
    services.move(_category(number), up=way == "up", by=_me())
    db.session.commit()
    return redirect(url_for("taxonomy.categories", done="moved", _anchor=f"category-{number}"), 303)


@bp.route("/<int:number>/merge", methods=["GET", "POST"])
@staff
def merge(number: int) -> Answer:
    """First into which, then what will move, then it is done."""
    category = _category(number)
    into = queries.by_number(request.values.get("into", 0, type=int))
    below = queries.within(category)
    if into is None or into.id in below:
        tree = [branch for branch in queries.tree() if branch.category.id not in below]
        answer = render_template("admin/category_merge.html", category=category, tree=tree)
        return answer, 422 if request.method == "POST" else 200
    if request.method != "POST":
        return render_template(
            "admin/category_merge_check.html",
            category=category,
            into=into,
            contents=queries.contents_of(category),
            children=len(queries.children_of()[number]),
        )
    services.merge_categories(category, into, by=_me())
    db.session.commit()
    return redirect(url_for("taxonomy.categories", done="merged"), 303)


@bp.post("/<int:number>/delete")
@staff
def delete(number: int) -> Answer:
    category = _category(number)
    if queries.is_used(category) or queries.has_children(category):
        said = gettext("Pages, categories or readers belong to it. Merge it into another instead.")
        return _page(category_form(category, formdata=None, data=_stored(category)), category, said)
    if not request.form.get("sure"):
        return render_template(
            "admin/check.html",
            heading=gettext("Delete the category"),
            sentence=gettext("%(name)s is empty, and its address will lead nowhere.", name=_name(category)),
            back=url_for("taxonomy.change", number=number),
        )
    services.delete_category(category, by=_me())
    db.session.commit()
    return redirect(url_for("taxonomy.categories", done="deleted"), 303)

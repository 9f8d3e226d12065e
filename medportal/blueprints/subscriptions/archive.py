"""The archive: what the weekly digest of everything said, on the site for everybody."""

from flask import abort, render_template
from sqlalchemy.orm import joinedload

from medportal.access import kept, public
from medportal.blueprints.subscriptions.views import bp
from medportal.digests import editions, staging
from medportal.extensions import db
from medportal.i18n import current_language
from medportal.models.digest import Edition
from medportal.paging import asked_page


@bp.get("/<lang:lang>/digests/")
@public
@kept
def digests() -> str:
    query = staging.archived(current_language().code).options(joinedload(Edition.digest))
    return render_template("subscriptions/digests.html", page=asked_page(query))


@bp.get("/<lang:lang>/digests/<int(max=2147483647):number>")
@public
@kept
def digest(number: int) -> str:
    """One week; `number` is the run's, the same in every language."""
    lang = current_language().code
    query = staging.archived(lang).where(Edition.digest_id == number)
    edition = db.session.scalar(query.options(joinedload(Edition.digest)))
    if edition is None:
        abort(404)
    return render_template("subscriptions/digest.html", edition=edition, entries=editions.entries_of(edition))

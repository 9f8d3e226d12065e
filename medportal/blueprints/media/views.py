"""Pictures as readers get them."""

from flask import Blueprint, abort, send_from_directory
from werkzeug.wrappers import Response

from medportal import security
from medportal.access import public
from medportal.blueprints.media import queries, storage
from medportal.models.media import Media

bp = Blueprint("media", __name__)


def send(media: Media, name: str) -> Response:
    """Fixed type, no sniffing, nothing inside it can run."""
    response = send_from_directory(storage.folder(), name, mimetype=media.mime)
    response.headers["Content-Security-Policy"] = security.MEDIA_CSP
    return response


@bp.get("/media/<path:name>")
@public
def file(name: str) -> Response:
    """What stands under a name never changes, so browsers keep it for a year."""
    media = queries.by_file(name)
    if media is None:
        abort(404)
    if media.binned_at is not None:
        abort(410)
    response = send(media, name)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response

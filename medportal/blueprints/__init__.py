"""Features, one folder each: views, forms, services (changes) and queries (reads)."""

from flask import Flask

from medportal.blueprints import (
    accounts,
    admin,
    backups,
    consultants,
    content,
    editing,
    emergency,
    feeds,
    health,
    imports,
    media,
    pages,
    people,
    polls,
    profile,
    questions,
    search,
    settings,
    specialists,
    statistics,
    subscriptions,
    taxonomy,
)
from medportal.blueprints.questions import similar_views


def init_app(app: Flask) -> None:
    app.register_blueprint(pages.bp)
    app.register_blueprint(accounts.bp)
    app.register_blueprint(profile.bp)
    app.register_blueprint(admin.bp)
    app.register_blueprint(feeds.bp)
    app.register_blueprint(health.bp)
    app.register_blueprint(search.bp)
    app.register_blueprint(media.bp)
    app.register_blueprint(subscriptions.bp)
    app.register_blueprint(editing.bp)
    app.register_blueprint(settings.bp)
    app.register_blueprint(statistics.bp)
    app.register_blueprint(imports.bp)
    app.register_blueprint(people.bp)
    app.register_blueprint(taxonomy.bp)
    app.register_blueprint(emergency.bp)
    app.register_blueprint(backups.bp)
    app.register_blueprint(similar_views.bp)
    app.register_blueprint(polls.bp)
    app.register_blueprint(consultants.bp)
    app.register_blueprint(specialists.bp)
    app.register_blueprint(questions.bp)
    app.register_blueprint(content.bp)

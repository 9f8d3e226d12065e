"""A site that takes questions, its owner and a consultant."""

import pytest
import sqlalchemy as sa

from medportal.extensions import db
from medportal.models.consultation import Question
from tests.asking import (
    add_consultant,
    open_questions,
    the_question,
    user_number,
)


@pytest.fixture
def open_site(in_app):
    in_app(open_questions)


@pytest.fixture
def owner(as_):
    return as_("owner")


@pytest.fixture
def consultant(as_, in_app):
    browser = as_("consultant")
    browser.person = in_app(lambda: add_consultant(user_number("consultant@mail.example.com")))
    return browser


@pytest.fixture
def look(in_app):
    """`look(lambda question: question.phase)`"""
    return lambda what: in_app(lambda: what(the_question()))


@pytest.fixture
def count(in_app):
    return lambda: in_app(lambda: db.session.scalar(sa.select(sa.func.count(Question.id))))

"""One person's page, ready for its template and its JSON-LD. Asks the database in its constructor only."""

from medportal.blueprints.consultants import queries
from medportal.blueprints.consultants.labels import WORKS
from medportal.blueprints.content.addresses import profile_url
from medportal.blueprints.people import checks
from medportal.blueprints.people import queries as people
from medportal.blueprints.people.labels import rank_of
from medportal.i18n import LANGUAGES
from medportal.models.people import Person
from medportal.models.types import localize
from medportal.paging import Page, paginate


class Profile:
    def __init__(self, person: Person, lang: str) -> None:
        self.person, self.lang = person, lang
        self.name = localize(person.name, lang)
        self.rank = rank_of(person)
        self.photo = queries.around([person]).photos.get(person.id)
        self.places = people.places_of(person.id)
        today, seen = checks.today(), [c for c in checks.of_person(person.id) if c.withdrawn_on is None]
        self.valid = [check for check in seen if checks.is_valid(check, today)]
        self.expired = [check for check in seen if checks.is_over(check, today)]
        self.works: dict[str, Page] = {
            what: paginate(queries.works(what, person.id, lang), 1, queries.AT_ONCE) for what in WORKS
        }

    @property
    def biography(self) -> str:
        """In this language only: an address exists in both, words may not."""
        return next((text.biography for text in self.person.texts if text.lang == self.lang), "")

    @property
    def url(self) -> str:
        return profile_url(self.person, self.lang) or ""

    @property
    def addresses(self) -> dict[str, str]:
        return {code: profile_url(self.person, code) or "" for code in LANGUAGES}

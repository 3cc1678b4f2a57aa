"""Texts in the contact's language. Catalogues are gettext's (`locales/<language>/LC_MESSAGES/flows.po`); the source is Indonesian."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import msgspec
from babel.messages import pofile

from bot.dialogue.turn import Choice, Reply, Say
from bot.domain.messages import Button, Contactable, OutboundMessage
from bot.domain.referrals import Directory, Service, in_language
from bot.domain.staffing import Staffing, wait_text
from nlu.understanding import Level

SOURCE = "id"


@dataclass(frozen=True, kw_only=True)
class Translations:
    """Words by language and text id. `word` texts (`word.person`) are found under `texts.word_person`.

    `named` holds what the operator sets, by placeholder (`organisation.name`); what is empty or absent becomes the fallback words.
    """

    catalogues: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    source: Mapping[str, str] = field(default_factory=dict[str, str])
    named: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def load(cls, folder: Path, source: Mapping[str, str], named: Mapping[str, str]) -> "Translations":
        """The catalogues of a folder for these `source` words by text id.

        What a translator marked fuzzy is not used, nor what translates words that have changed since: the source is shown then.
        """
        catalogues: dict[str, Mapping[str, str]] = {}
        for file in sorted(folder.glob("*/LC_MESSAGES/flows.po")):
            with file.open("rb") as handle:
                catalogue = pofile.read_po(handle, locale=file.parent.parent.name.partition("@")[0])
            catalogues[file.parent.parent.name] = {
                str(message.context): str(message.string)
                for message in catalogue
                if message.id
                and message.string
                and not message.fuzzy
                and message.context
                and source.get(message.context, message.id) == message.id
            }
        return cls(catalogues=catalogues, source=source, named=named)

    def words(self, text_id: str, words: str, language: str) -> str:
        """The words in this language; its base language's; else the source's."""
        chain = self._chains.get(language)
        if chain is None:
            names = dict.fromkeys((language, language.partition("@")[0]))
            chain = self._chains[language] = tuple(self.catalogues[name] for name in names if name in self.catalogues)
        for catalogue in chain:
            found = catalogue.get(text_id)
            if found:
                return found
        return words

    @cached_property
    def _chains(self) -> dict[str, tuple[Mapping[str, str], ...]]:
        """Where a language's words are looked for, in order. The source has none: its words are there already."""
        return {}

    def render(
        self, reply: Reply, *, language: str, directory: Directory, staffing: Staffing, level: Level | None
    ) -> OutboundMessage:
        """A bubble, ready to be sent as plain text. An unknown placeholder becomes its fallback words."""
        scene = _Scene(self, language, directory, staffing, level, reply.is_abroad)
        parts = [scene.text(part) for part in reply.parts]
        return OutboundMessage(
            text="\n\n".join([part for part in parts if part]),
            buttons=tuple([self._button(choice, language) for choice in reply.choices]),
            services=tuple([scene.contactable(name) for name in reply.services if name in directory.verified]),
        )

    def _button(self, choice: Choice, language: str) -> Button:
        return Button(id=choice.id, label=self.words(choice.text_id, choice.label, language))


class _Scene(msgspec.Struct, frozen=True):
    translations: Translations
    language: str
    directory: Directory
    staffing: Staffing
    level: Level | None
    is_abroad: bool = False

    def text(self, part: Say) -> str:
        words = self.translations.words(part.text_id, part.words, self.language)
        if "{" not in words:
            return words
        text = "".join(piece if name is None else self._value(name, piece, part.values) for name, piece in _template(words))
        # While nobody is on duty {calling} is nothing, and leaves the blanks around it.
        return text if self.staffing.on_duty else text.replace("  ", " ").strip(" ")

    def _value(self, name: str, fallback: str, values: Mapping[str, str]) -> str:
        given = values.get(name)
        if given is not None:
            # Only the engine fills `service.…`, with the directory's entry; all other values are a person's words, whatever they are.
            if not name.startswith("service."):
                return given
            name = given.removeprefix("@")
        if name == "calling":
            return self._frame("calling_now") if self.staffing.on_duty else ""
        if name == "wait_time":
            return self._frame(wait_text(self.staffing, self.level))
        scope, _, rest = name.partition(".")
        if scope == "word":
            return self._frame(f"word_{rest}")
        if scope == "services":
            service_id, _, part = rest.partition(".")
            return self._of_service(service_id, part) or fallback
        return self.translations.named.get(name) or fallback

    def _frame(self, name: str) -> str:
        text_id = f"texts.{name}"
        return self.translations.words(text_id, self.translations.source.get(text_id, ""), self.language)

    def _of_service(self, service_id: str, part: str) -> str:
        service = self.directory.services.get(service_id)
        if service is None:
            return ""
        if part in ("contact", "name"):
            contact = service.contact(is_abroad=self.is_abroad)
            value = contact.value if contact else ""
            # "Polisi 110: 110" says the same twice.
            return value if part == "contact" else service.name.removesuffix(f" {value}")
        return in_language(service.hours, self.language) if part == "hours" else self._note(service)

    def _note(self, service: Service) -> str:
        """The honest line beside a contact; of a number that is written to and not dialled it says so first."""
        note, contact = in_language(service.note, self.language), service.contact(is_abroad=self.is_abroad)
        return f"WhatsApp. {note}".rstrip() if contact is not None and contact.type == "whatsapp" else note

    def contactable(self, service_id: str) -> Contactable:
        service: Service = self.directory.services[service_id]
        contact = service.contact(is_abroad=self.is_abroad)
        assert contact is not None  # noqa: S101 - only verified services come here
        return Contactable(name=service.name, value=contact.value, kind=contact.type, note=self._note(service))


@lru_cache(maxsize=4096)
def _template(words: str) -> tuple[tuple[str | None, str], ...]:
    """Pieces of a text: (None, words) or (placeholder, its fallback words)."""
    pieces: list[tuple[str | None, str]] = []
    while words:
        before, opened, rest = words.partition("{")
        if before:
            pieces.append((None, before))
        inner, closed, words = rest.partition("}")
        if opened and not closed:
            pieces.append((None, opened + inner))
        elif opened:
            name, _, fallback = inner.partition("|")
            pieces.append((name, fallback))
    return tuple(pieces)

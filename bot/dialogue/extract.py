"""The texts of a book, for translators: each with the id under which its translation is looked up."""

from collections.abc import Iterable, Iterator

from bot.dialogue.book import Book
from bot.dialogue.flow import Collect, Consent, Handoff, Question, Refer, Say, Step, Text


def list_texts(book: Book) -> dict[str, str]:
    """Source words by text id: what contacts are told, and the short names of answers for staff."""
    found: dict[str, str] = {}
    for text in _texts(book):
        for variant in text.variants:
            if not text.id.startswith("texts.words_"):
                found.setdefault(variant.text_id, variant.words)
    for slot in book.slots.values():
        if slot.note:
            found[f"slots.{slot.name}.note"] = slot.note
    return found


def _texts(book: Book) -> Iterator[Text]:
    yield from book.texts.values()
    for slot in book.slots.values():
        yield from (option.label for option in slot.options)
    for flow in book.flows.values():
        if flow.menu is not None:
            yield flow.menu
        for step in flow.steps:
            yield from texts_of(step)
    for screen in book.screens.values():
        for question in screen.questions:
            yield from texts_of_question(question)


def texts_of(step: Step) -> Iterable[Text]:
    """The texts that a step says."""
    match step.kind:
        case Say(texts=texts):
            return texts
        case Collect(question=question):
            return texts_of_question(question)
        case Consent(text=text, more=more):
            return [text] if more is None else [text, more]
        case Handoff(say=text):
            return [text]
        case Refer(say=text):
            return [] if text is None else [text]
        case _:
            return []


def texts_of_question(question: Question) -> Iterable[Text]:
    """The texts of a question's asking."""
    own = (question.ask, question.why, question.help, question.rephrase)
    said = [each for each in own if each is not None]
    return [*said, *(option.label for option in question.options), *(rejection.say for rejection in question.rejections)]

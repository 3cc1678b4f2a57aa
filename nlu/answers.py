"""Reads one typed answer: what a text says to a question of one kind.

None is better than a wrong guess: a flow asks again, or asks to confirm when the confidence is low.
"""

from collections.abc import Callable, Sequence
from datetime import date

from nlu import answer_numbers, answer_times
from nlu.answer_words import read_command, read_consent, read_frequency, read_gender, read_relation, read_yes_no
from nlu.choices import read_choice as read_choice_of
from nlu.places import read_place, read_province
from nlu.tokens import tokens_of
from nlu.understanding import Answer

KINDS = ("yes_no", "consent", "age", "number", "relation", "province", "place", "frequency", "time", "gender", "command")

_READERS: dict[str, Callable[[list[str], str], Answer]] = {
    "yes_no": lambda tokens, _text: read_yes_no(tokens),
    "consent": lambda tokens, _text: read_consent(tokens),
    "number": answer_numbers.read_number,
    "relation": lambda tokens, _text: read_relation(tokens),
    "province": lambda tokens, _text: read_province(tokens),
    "place": lambda tokens, _text: read_place(tokens),
    "frequency": lambda tokens, _text: read_frequency(tokens),
    "time": answer_times.read_time,
    "gender": lambda tokens, _text: read_gender(tokens),
    "command": lambda tokens, _text: read_command(tokens),
}


def read_answer(kind: str, text: str, *, today: date | None = None) -> Answer:
    """The value that a text gives to a question of a kind, and how sure that is (0 to 1); value None when it can't be told.

    Kinds and values: `yes_no` yes, no, unsure, refuse; `consent` yes, no;
    `age` and `number` whole numbers; `relation` self, child, spouse, parent,
    neighbour, other; `province` its full name or luar_negeri; `place` a mapping of province and regency; `frequency` never, once,
    sometimes, often, daily; `time` HH:MM-HH:MM, pagi, siang, sore, malam, kapan_saja, jangan_hubungi; `gender` male, female, other,
    refuse; `command` stop, repeat, back, help, cancel, erase, language, person, quick_exit, restart, skip. `today` is needed to
    make an age of a year of birth.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of answer: {kind}")
    tokens = tokens_of(text)
    if not tokens:
        return Answer(value=None, confidence=0.0)
    if kind == "age":
        return answer_numbers.read_age(tokens, text, today)
    return _READERS[kind](tokens, text)


def read_choice(text: str, labels: Sequence[tuple[str, Sequence[str]]]) -> Answer:
    """Which of the offered options a typed text means; each is its value and the words that stand for it, the label first."""
    return read_choice_of(tokens_of(text), tuple([(value, tuple(words)) for value, words in labels]))

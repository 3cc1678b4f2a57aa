"""All flows, screens, texts and slots of one version: what the engine runs. Immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bot.dialogue.flow import Consent, Flow, ScreenFlow, Slot, Text, Type
from nlu.understanding import Level


@dataclass(frozen=True, kw_only=True)
class Book:
    """One version. `version` is the hash of its files; `words` by command are the global words of all languages, folded.

    `by_person` are topics of harm that somebody does, who may be the one that reads along.
    """

    version: str
    flows: Mapping[str, Flow]
    screens: Mapping[str, ScreenFlow]
    texts: Mapping[str, Text]
    slots: Mapping[str, Slot]
    commands: Mapping[str, str]
    languages: tuple[str, ...] = ("id",)
    by_person: frozenset[str] = frozenset()
    notes: Mapping[str, str] = field(default_factory=dict[str, str])

    def find_text(self, name: str) -> Text | None:
        """The text of this name."""
        return self.texts.get(name)

    def words(self, name: str) -> str:
        """The source words of a text, without conditions: its last variant."""
        return self.texts[name].variants[-1].words

    @cached_property
    def triggers(self) -> Mapping[str, tuple[tuple[str, float], ...]]:
        """Flows started by a topic, intent or group, each with the confidence it wants, in order of the files."""
        found: dict[str, list[tuple[str, float]]] = {}
        for flow in self.flows.values():
            for name, confidence in flow.triggers:
                found.setdefault(name, []).append((flow.id, confidence))
        return {name: tuple(flows) for name, flows in found.items()}

    @cached_property
    def fact_slots(self) -> Mapping[str, str]:
        """The shared slot that a fact of a kind fills: the first declared of that type."""
        kinds = {Type.AGE: "age", Type.RELATION: "relation", Type.PLACE: "place", Type.GENDER: "gender"}
        found: dict[str, str] = {}
        for slot in self.slots.values():
            kind = kinds.get(slot.type)
            if kind is not None:
                found.setdefault(kind, slot.name)
        return found

    @cached_property
    def consent_version(self) -> int:
        """The version of the consent text that a talk begins with; 0 when there is none."""
        steps = self.flows[GREETING].steps if GREETING in self.flows else ()
        return max((step.kind.version for step in steps if isinstance(step.kind, Consent)), default=0)

    @cached_property
    def menu(self) -> tuple[Flow, ...]:
        """The flows that the help menu offers."""
        return tuple(flow for flow in self.flows.values() if flow.menu is not None)

    def safety_text(self, topic: str) -> Text | None:
        """What is said at once when this danger is seen."""
        return self.texts.get(f"safety_{topic}") or self.texts.get("safety_default")


URGENT = (Level.P1, Level.P2)

START, GREETING = "intake", "system_start"
"""The flow that every talk begins with, and the one of greeting and consent that comes before it."""

CRY, GENTLE = "cry", "system_gentle"
"""The intent of a few frightened words, and the flow that meets them with one question, also before consent."""

PERSON_WISH, WITH_PERSON = "person_request", "system_person"
"""The intent of whoever wants a person, and the flow that calls one: also before consent, which a person can ask for."""

CONSENT, PRIVATE = "consent", "private"
"""Guards: the contact agreed; only the contact reads this just now."""

SHARED, HARMED = "shared", "harmed"
"""Guards: others are near, or the phone is theirs, which matters as soon as harm by a person is told; such harm was told, or must be
supposed."""

ASKED_SAFE, ASKED_ONCE, ASKED_TWICE = "asked_safe", "asked_once", "asked_twice"
"""Guards: whether writing is safe was asked just now; how often it was asked in all."""

NEUTRAL = frozenset(
    {
        *("system_watched", "system_safe_again", "system_help_watched", "system_numbers_again"),
        *("system_stop", "system_quick_exit", "system_erase", "system_language"),
    }
)
"""Texts, and flows of the frame, that may stand on a phone while others read along."""

"""Which dangers and needs a reading speaks of: rules first, then the ways of speaking that cancel or soften them."""

from dataclasses import dataclass

from nlu.lexicon import Lexicon
from nlu.negation import Negation
from nlu.normalize import Reading
from nlu.pattern import Pattern
from nlu.rules import Frame, Rule, RuleBook
from nlu.understanding import Level, Risk, Watch

_ASK_SCORE = 0.5
_DANGER = "immediate_danger"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One rule that matched, with the level its words stand for here and the place of its words."""

    rule: Rule
    level: Level
    spans: tuple[tuple[int, int], ...]
    is_softened: bool


class RiskReader:
    """Finds what the rules say about a reading. Holds no state of a message."""

    def __init__(self, lexicon: Lexicon, book: RuleBook) -> None:
        self._lexicon = lexicon
        self._book = book

    def find(self, reading: Reading) -> tuple[Finding, ...]:
        """Every rule that matches and is not cancelled, the more urgent first."""
        total = reading.total
        keys = total & self._book.key_bits
        if not keys:
            return ()
        negation, by_bit = Negation(reading, self._lexicon), self._book.by_bit
        found: dict[str, Finding] = {}
        # From the highest bit down the number left grows shorter; its place is a cheaper key than the bit, thousands of bits long.
        places: list[int] = []
        while keys:
            place = keys.bit_length() - 1
            keys ^= 1 << place
            places.append(place)
        for place in reversed(places):
            for others, rule, pattern in by_bit[place]:
                # Nearly all end here, so this is not left to the pattern.
                for mask in others:
                    if not mask & total:
                        break
                else:
                    if rule.id not in found and (finding := self._finding(rule, pattern, reading, negation)):
                        found[rule.id] = finding
        if not found:
            return ()
        return self._framed(sorted(found.values(), key=lambda finding: finding.level.rank), reading, negation)

    def _finding(self, rule: Rule, pattern: Pattern, reading: Reading, negation: Negation) -> Finding | None:
        match = pattern.find(reading, self._lexicon.negatable if rule.reads_negation else 0, negation)
        if match is None or any(other.find(reading, 0, negation) for other in rule.unless):
            return None
        return Finding(
            rule=rule,
            level=self._level(rule, reading, negation),
            spans=tuple((part[0], part[-1]) for part in match),
            is_softened=False,
        )

    def _level(self, rule: Rule, reading: Reading, negation: Negation) -> Level:
        level = rule.level
        for lower, pattern in rule.lowers:
            if lower.rank > level.rank and pattern.find(reading, 0, negation):
                level = lower
        for higher, pattern in rule.raises:
            if higher.rank < level.rank and pattern.find(reading, self._lexicon.negatable, negation):
                level = higher
        return level

    def _framed(self, findings: list[Finding], reading: Reading, negation: Negation) -> tuple[Finding, ...]:
        total = reading.total
        frames = [frame for frame in self._book.frames if frame.key & total and _holds(frame, reading, negation)]
        if not frames:
            return tuple(findings)
        kept = []
        for finding in findings:
            ignored = finding.rule.ignored
            touching = () if "all" in ignored else [frame for frame in frames if frame.name not in ignored]
            if any(frame.drops for frame in touching):
                continue
            if touching and finding.level.rank < Level.P3.rank:
                finding = Finding(rule=finding.rule, level=Level.P3, spans=finding.spans, is_softened=True)
            kept.append(finding)
        return tuple(kept)

    def risks(self, findings: tuple[Finding, ...], reading: Reading) -> tuple[Risk, ...]:
        """The risks that findings stand for, one a topic, the kind of harm first and `immediate_danger` last."""
        by_topic: dict[str, list[Finding]] = {}
        topics = self._book.topics
        for finding in findings:
            topic = topics[finding.rule.topic]
            if not topic.is_need and topic.watch is None:
                by_topic.setdefault(finding.rule.topic, []).append(finding)
        risks = [self._risk(name, group, reading) for name, group in by_topic.items()]
        if len(risks) > 1:
            # danger that is not now is told by the kind of harm alone
            risks = [risk for risk in risks if risk.name != _DANGER or risk.level is Level.P1]
        if not risks:
            return ()
        if all(risk.name != _DANGER for risk in risks):
            threats = [risk for risk in risks if risk.level is Level.P1 and topics[risk.name].is_threat]
            if threats:
                # Whose doing it is tells the kind of harm that it stands beside.
                danger = threats[0]
                risks.append(Risk(name=_DANGER, score=danger.score, level=Level.P1, evidence=danger.evidence, is_accident=True))
        levels = {risk.name: risk.level.rank for risk in risks}
        kept = [
            risk for risk in risks if not any(levels.get(other, 9) <= risk.level.rank for other in topics[risk.name].yields)
        ]
        if len(kept) > 1:
            kept.sort(key=lambda risk: self._place(risk.name, reading))
        return tuple(kept)

    def _place(self, name: str, reading: Reading) -> int:
        """Where a topic stands among others here: its own words may move it forward."""
        topic = self._book.topics[name]
        is_first = any(pattern.find(reading, 0, _never) for pattern in topic.first)
        return topic.order_first if is_first else topic.order

    def needs(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The findings that speak of a need and of no harm, the more urgent first."""
        return tuple(finding for finding in findings if self._book.topics[finding.rule.topic].is_need)

    def watch(self, findings: tuple[Finding, ...]) -> Watch | None:
        """Whether others may see what is written, as far as said: that somebody reads it before that the phone is not the writer's."""
        told = {self._book.topics[finding.rule.topic].watch for finding in findings}
        return Watch.READ if Watch.READ in told else Watch.SHARED if Watch.SHARED in told else None

    def _risk(self, name: str, group: list[Finding], reading: Reading) -> Risk:
        level = min((finding.level for finding in group), key=lambda level: level.rank)
        quotes: list[str] = []
        for finding in sorted(group, key=lambda finding: finding.level.rank):
            for first, last in finding.spans:
                quote = reading.quote(first, last)
                if quote not in quotes:
                    quotes.append(quote)
        score = max(_ASK_SCORE if finding.is_softened else finding.rule.score for finding in group)
        is_accident = all(finding.rule.is_accident for finding in group)
        return Risk(name=name, score=score, level=level, evidence=tuple(quotes[:4]), is_accident=is_accident)


def _never(_position: int, _used: tuple[int, ...]) -> bool:
    return False


def _holds(frame: Frame, reading: Reading, negation: Negation) -> bool:
    return any(pattern.find(reading, 0, negation) for pattern in frame.when) and not any(
        pattern.find(reading, 0, negation) for pattern in frame.unless
    )

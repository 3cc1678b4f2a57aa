"""Loads and checks the rules of nlu/data/rules, one file a topic, and the frames that cancel or soften them."""

from dataclasses import dataclass
from pathlib import Path

from nlu.datafile import Block, read
from nlu.errors import LexiconError
from nlu.lexicon import Lexicon
from nlu.pattern import Pattern, PatternError, parse
from nlu.understanding import Level, Watch

_RULE_KEYS = frozenset(
    ["id", "about", "level", "when", "unless", "raise", "lower", "ignore", "score", "yes", "no", "negation", "accident"]
)
_TOPIC_KEYS = frozenset(
    ["topic", "about", "order", "order_first", "first", "yields", "groups", "threat", "need", "watch", "rules"]
)
_FRAME_KEYS = frozenset(["about", "when", "unless", "effect"])
# In so many messages that a pattern filed under one of them would be tried for nothing.
_FREQUENT = [
    "tidak",
    "belum",
    "aku",
    "saya",
    "kami",
    "ibu",
    "bapak",
    "ayah",
    "mama",
    "anak",
    "orang",
    "di",
    "ke",
    "dari",
    "ada",
    "sudah",
    "ini",
    "kalau",
    "jangan",
    "kenapa",
    "makan",
]
_EFFECTS = frozenset(["drop", "ask"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One way of saying a topic. `raises` and `lowers` change its level when they match too; `ignored` frames do not touch it.

    `is_accident`: it tells of what is nobody's doing, in a topic of harm that somebody does.
    """

    id: str
    topic: str
    level: Level
    when: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    raises: tuple[tuple[Level, Pattern], ...]
    lowers: tuple[tuple[Level, Pattern], ...]
    ignored: frozenset[str]
    score: float
    reads_negation: bool
    is_accident: bool
    yes: tuple[str, ...]
    no: tuple[str, ...]
    where: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """A topic of pas.yml: its place in the order of risks (smaller first), the groups it hints at, whether P1 means danger now.

    When one of `first` is found, `order_first` is its place; it says nothing beside a topic of `yields` that is as urgent.
    `is_need` topics say what somebody lacks; they give groups and an intent, and are no risk. A topic with `watch` is neither:
    it tells that others may see what is written.
    """

    name: str
    order: int
    order_first: int
    groups: tuple[str, ...]
    is_threat: bool
    is_need: bool
    watch: Watch | None
    first: tuple[Pattern, ...]
    yields: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """A way of speaking that is no cry for help: news, fiction, joke, the past. `drops`: nothing is left; else at most P3.

    Without a bit of `key` none of `when` can match.
    """

    name: str
    drops: bool
    key: int
    when: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleBook:
    """All rules and frames.

    `by_bit` finds the patterns worth trying from the places of a text's bits: each with the masks it needs besides, and its rule.
    """

    topics: dict[str, Topic]
    rules: tuple[Rule, ...]
    frames: tuple[Frame, ...]
    by_bit: dict[int, tuple[tuple[tuple[int, ...], Rule, Pattern], ...]]
    key_bits: int


def load(folder: Path, frames_file: Path, lexicon: Lexicon) -> RuleBook:
    """The rules of a folder.

    Raises:
        LexiconError: all faults at once, each with file and line.
    """
    faults: list[str] = []
    topics: dict[str, Topic] = {}
    rules: list[Rule] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            root = read(path)
            topic = _topic(root, path.stem, lexicon, faults)
            topics[topic.name] = topic
            rules.extend(_rule(block, topic, lexicon, faults) for block in root.blocks("rules"))
        except LexiconError as exc:
            faults.extend(exc.faults)
    seen: dict[str, str] = {}
    for rule in rules:
        if rule.id in seen:
            faults.append(f"{rule.where}: the rule `{rule.id}` already stands at {seen[rule.id]}")
        seen[rule.id] = rule.where
    frames: list[Frame] = []
    try:
        frames = _frames(read(frames_file), lexicon, faults)
    except LexiconError as exc:
        faults.extend(exc.faults)
    names = {frame.name for frame in frames}
    faults.extend(
        f"{rule.where}: there is no frame `{name}`" for rule in rules for name in sorted(rule.ignored - names - {"all"})
    )
    if faults:
        raise LexiconError(tuple(faults))
    by_bit, key_bits = _index(rules, lexicon)
    return RuleBook(topics=topics, rules=tuple(rules), frames=tuple(frames), by_bit=by_bit, key_bits=key_bits)


def _topic(root: Block, stem: str, lexicon: Lexicon, faults: list[str]) -> Topic:
    faults.extend(f"{root.where(key)}: `{key}` is no key of a topic" for key in root if key not in _TOPIC_KEYS)
    name = root.text("topic")
    if name != stem:
        faults.append(f"{root.where('topic')}: the file is called {stem}, its topic `{name}`")
    order = root.text("order")
    if not order.isdecimal():
        faults.append(f"{root.where('order')}: `order` must be a number")
    return Topic(
        name=name,
        order=int(order) if order.isdecimal() else 0,
        order_first=int(root.text("order_first") or order or 0),
        groups=tuple(root.words("groups")),
        is_threat=root.text("threat") == "yes",
        is_need=root.text("need") == "yes",
        watch=_watch(root, faults),
        first=_patterns(root, "first", lexicon, faults),
        yields=frozenset(root.words("yields")),
    )


def _watch(root: Block, faults: list[str]) -> Watch | None:
    name = root.text("watch")
    if name and name not in [watch.value for watch in Watch]:
        faults.append(f"{root.where('watch')}: `watch` is read or shared")
        return None
    return Watch(name) if name else None


def _rule(block: Block, topic: Topic, lexicon: Lexicon, faults: list[str]) -> Rule:
    faults.extend(f"{block.where(key)}: `{key}` is no key of a rule" for key in block if key not in _RULE_KEYS)
    if not block.text("id"):
        faults.append(f"{block.where()}: a rule needs an `id`")
    if not block.texts("when"):
        faults.append(f"{block.where()}: a rule needs `when`")
    if not block.texts("yes"):
        faults.append(f"{block.where()}: a rule needs a sentence under `yes` that it must find")
    return Rule(
        id=block.text("id"),
        topic=topic.name,
        level=_level(block.text("level"), block, faults),
        when=_patterns(block, "when", lexicon, faults),
        unless=_patterns(block, "unless", lexicon, faults),
        raises=_levelled(block, "raise", lexicon, faults),
        lowers=_levelled(block, "lower", lexicon, faults),
        ignored=frozenset(block.words("ignore")),
        score=float(block.text("score") or "0.9"),
        reads_negation=block.text("negation") != "free",
        is_accident=block.text("accident") == "yes",
        yes=tuple(block.texts("yes")),
        no=tuple(block.texts("no")),
        where=block.where(),
    )


def _level(text: str, block: Block, faults: list[str]) -> Level:
    if text not in Level.__members__:
        faults.append(f"{block.where('level')}: `{text}` is none of P1, P2, P3, P4")
        return Level.P4
    return Level(text)


def _patterns(block: Block, key: str, lexicon: Lexicon, faults: list[str]) -> tuple[Pattern, ...]:
    found = []
    for source in block.texts(key):
        try:
            found.append(parse(source, lexicon))
        except PatternError as exc:
            faults.append(f"{block.where(key)}: in `{source}`: {exc}")
    return tuple(found)


def _levelled(block: Block, key: str, lexicon: Lexicon, faults: list[str]) -> tuple[tuple[Level, Pattern], ...]:
    inner = block.get(key)
    if inner is None:
        return ()
    if not isinstance(inner, Block):
        faults.append(f"{block.where(key)}: `{key}` is a mapping from level to patterns")
        return ()
    return tuple(
        (_level(name, inner, faults), pattern) for name in inner for pattern in _patterns(inner, name, lexicon, faults)
    )


def _frames(root: Block, lexicon: Lexicon, faults: list[str]) -> list[Frame]:
    frames = []
    for name, block in root.items():
        if not isinstance(block, Block):
            if name != "about":
                faults.append(f"{root.where(name)}: a frame is a mapping")
            continue
        faults.extend(f"{block.where(key)}: `{key}` is no key of a frame" for key in block if key not in _FRAME_KEYS)
        if block.text("effect") not in _EFFECTS:
            faults.append(f"{block.where('effect')}: `effect` is drop or ask")
        when = _patterns(block, "when", lexicon, faults)
        key = 0
        for pattern in when:
            key |= min(pattern.needed, key=int.bit_count)
        frames.append(
            Frame(
                name=name,
                drops=block.text("effect") == "drop",
                key=key,
                when=when,
                unless=_patterns(block, "unless", lexicon, faults),
            )
        )
    return frames


def _index(rules: list[Rule], lexicon: Lexicon) -> tuple[dict[int, tuple[tuple[tuple[int, ...], Rule, Pattern], ...]], int]:
    """Files each pattern under its rarest word: the needed item with the fewest words that holds no frequent one."""
    by_bit: dict[int, list[tuple[tuple[int, ...], Rule, Pattern]]] = {}
    key_bits = 0
    frequent = lexicon.common
    for word in _FREQUENT:
        frequent |= lexicon.literal(word)
    for rule in rules:
        for pattern in rule.when:
            rare = [mask for mask in pattern.needed if not mask & frequent]
            key = min(rare or pattern.needed, key=int.bit_count)
            others = tuple(mask for mask in pattern.needed if mask != key)
            key_bits |= key
            rest = key
            while rest:
                bit = rest & -rest
                by_bit.setdefault(bit.bit_length() - 1, []).append((others, rule, pattern))
                rest ^= bit
    return {place: tuple(entries) for place, entries in by_bit.items()}, key_bits

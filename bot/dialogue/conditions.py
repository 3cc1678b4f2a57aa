"""The small language of `if:`. Text → an expression that is checked once and then cannot fail.

Three values: true, false, unknown (None). A comparison with an answer that is not there is unknown; only true takes a branch.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Protocol

import lark
import re2

from bot.dialogue.document import nearest
from bot.errors import BotError

MOST_NODES = 200
_LARGEST = 10**15

_GRAMMAR = r"""
?start: or_
?or_: and_ ("or" and_)*
?and_: not_ ("and" not_)*
?not_: "not" not_ -> negation | test
?test: sum
    | sum COMPARE sum -> comparison
    | sum "in" list -> membership
    | sum "not" "in" list -> no_membership
    | sum "contains" sum -> containing
    | sum "not" "contains" sum -> no_containing
    | sum "matches" STRING -> matching
    | sum "is" STATE -> state
    | sum "is" "not" STATE -> no_state
?sum: product | sum "+" product -> add | sum "-" product -> sub
?product: unary | product "*" unary -> mul | product "/" unary -> div
?unary: atom | "-" unary -> neg
?atom: NUMBER -> number
    | STRING -> string
    | CALL "(" or_ ("," or_)* ")" -> call
    | NAME -> name
    | "(" or_ ")"
list: "[" sum ("," sum)* "]"
COMPARE: "==" | "!=" | "<=" | ">=" | "<" | ">" | "="
STATE.2: /(known|unknown|unsure|refused|null)\b/
CALL.2: /(count|any|all|min|max)(?=\s*\()/
NAME: /(?!(and|or|not|in|contains|matches|is)\b)[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*/
NUMBER: /\d+(\.\d+)?/
STRING: /'[^']*'|"[^"]*"/
%ignore /[ \t\n]+/
"""
_parser = lark.Lark(_GRAMMAR, parser="lalr", propagate_positions=True, maybe_placeholders=False)

LEVELS = ("none", "P4", "P3", "P2", "P1")
WEEKDAYS = ("sen", "sel", "rab", "kam", "jum", "sab", "min")
YES_NO = ("yes", "no")


class ConditionFaulty(BotError):
    """The condition can't be used. `column` counts from 1 within it."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What values an expression can have: `name` number, text, date, level, option, set, switch; `values` of the enumerated ones."""

    name: str
    values: tuple[str, ...] = ()


NUMBER, TEXT, DATE, LEVEL = Kind(name="number"), Kind(name="text"), Kind(name="date"), Kind(name="level", values=LEVELS)
SWITCH, TRUTH = Kind(name="switch", values=("true", "false")), Kind(name="truth")


class Facts(Protocol):
    """What a condition may ask."""

    def value(self, name: str) -> Any:
        """The value under a dotted name; None when it is not known."""
        ...

    def state(self, name: str) -> str:
        """How an answer stands: known, unknown, unsure, refused."""
        ...


Truth = bool | None
Evaluate = Callable[[Facts], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition. Two with the same words are equal."""

    words: str
    names: tuple[str, ...]
    _evaluate: Evaluate

    def __call__(self, facts: Facts) -> Truth:
        """Whether it holds; None when that can't be told."""
        result = self._evaluate(facts)
        if result == "yes" or result == "true":
            return True
        return None if result is None else result is True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and other.words == self.words

    def __hash__(self) -> int:
        return hash(self.words)


def compile_condition(words: str, kinds: Mapping[str, Kind]) -> Condition:
    """The condition that these words are, given the kinds of the names it may ask (`slots.umur`, `level.any` …).

    Raises:
        ConditionFaulty: syntax, an unknown name or value, kinds that don't fit together, a broken pattern.
    """
    try:
        tree = _parser.parse(words)
    except lark.UnexpectedInput as exc:
        column = max(getattr(exc, "column", 1), 1)
        raise ConditionFaulty("this can't be read as a condition", min(column, len(words) + 1)) from None
    compiler = _Compiler(kinds)
    if isinstance(tree, lark.Tree) and sum(1 for _ in tree.iter_subtrees()) > MOST_NODES:
        raise ConditionFaulty(f"a condition has at most {MOST_NODES} parts", 1)
    kind, evaluate = compiler.build(tree)
    if kind.name not in ("truth", "switch") and not (kind.name == "option" and set(kind.values) == set(YES_NO)):
        raise ConditionFaulty(f"a condition is true or false; this is a {kind.name}", 1)
    return Condition(words, tuple(compiler.names), evaluate)


class _Compiler:
    """Turns the parser's tree into closures and checks that kinds fit."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self.names: list[str] = []

    def build(self, tree: Any) -> tuple[Kind, Evaluate]:
        """The kind and the closure of a part."""
        method = getattr(self, "_" + tree.data.rstrip("_"))
        result: tuple[Kind, Evaluate] = method(tree)
        return result

    def _truths(self, tree: Any) -> list[Evaluate]:
        parts = []
        for child in tree.children:
            kind, evaluate = self.build(child)
            if kind.name not in ("truth", "switch") and "yes" not in kind.values:
                raise ConditionFaulty(f"`and`, `or`, `not` join what is true or false, not a {kind.name}", _column(child))
            parts.append(_as_truth(evaluate))
        return parts

    def _or(self, tree: Any) -> tuple[Kind, Evaluate]:
        parts = self._truths(tree)
        return TRUTH, lambda facts: _any([part(facts) for part in parts])

    def _and(self, tree: Any) -> tuple[Kind, Evaluate]:
        parts = self._truths(tree)
        return TRUTH, lambda facts: _all([part(facts) for part in parts])

    def _negation(self, tree: Any) -> tuple[Kind, Evaluate]:
        (part,) = self._truths(tree)
        return TRUTH, lambda facts: _not(part(facts))

    def _comparison(self, tree: Any) -> tuple[Kind, Evaluate]:
        left_tree, sign_token, right_tree = tree.children
        sign = "==" if str(sign_token) == "=" else str(sign_token)
        kind, left, right = self._two(left_tree, right_tree)
        if sign in ("==", "!="):
            if kind.name == "set":
                raise ConditionFaulty("a set is asked with `contains` or `count`", _column(left_tree))
            is_equal = sign == "=="
            return TRUTH, lambda facts: _equal(left(facts), right(facts), is_equal=is_equal)
        if kind.name not in ("number", "date", "level"):
            raise ConditionFaulty(f"`{sign}` compares numbers, dates and levels, not a {kind.name}", _column(left_tree))
        order = LEVELS.index if kind.name == "level" else None
        return TRUTH, lambda facts: _ordered(left(facts), right(facts), sign, order)

    def _two(self, left_tree: Any, right_tree: Any) -> tuple[Kind, Evaluate, Evaluate]:
        """Both sides, where a bare word takes the kind of the other side."""
        if self._is_bare(left_tree) and not self._is_bare(right_tree):
            kind, right, left = self._two(right_tree, left_tree)
            return kind, left, right
        kind, left = self.build(left_tree)
        right = self._against(kind, right_tree)
        return kind, left, right

    def _is_bare(self, tree: Any) -> bool:
        """Whether it may be a value: a name with a dot always asks for something."""
        if not isinstance(tree, lark.Tree) or tree.data != "name":
            return False
        name = str(tree.children[0])
        return name not in self._kinds and "." not in name

    def _against(self, kind: Kind, tree: Any) -> Evaluate:
        """What stands beside an expression of a kind; a mistyped value is a fault, not a comparison that is quietly false."""
        word = _word(tree)
        if self._is_bare(tree) or (word is not None and kind.values):
            if kind.values and word not in kind.values:
                raise ConditionFaulty(
                    f"{kind.name} has the values {', '.join(kind.values)}, not `{word}`.{nearest(word or '', kind.values)}",
                    _column(tree),
                )
            if not kind.values and kind.name != "text":
                raise ConditionFaulty(f"there is no `{word}`.{nearest(word or '', self._kinds)}", _column(tree))
            return lambda _facts: word
        other, evaluate = self.build(tree)
        if other.name != kind.name:
            raise ConditionFaulty(f"a {kind.name} can't be compared with a {other.name}", _column(tree))
        return evaluate

    def _membership(self, tree: Any) -> tuple[Kind, Evaluate]:
        left_tree, listing = tree.children
        kind, left = self.build(left_tree)
        items = [self._against(kind, item) for item in listing.children]

        def evaluate(facts: Facts) -> Truth:
            value = left(facts)
            return None if value is None else value in [item(facts) for item in items]

        return TRUTH, evaluate

    def _no_membership(self, tree: Any) -> tuple[Kind, Evaluate]:
        _, inner = self._membership(tree)
        return TRUTH, lambda facts: _not(inner(facts))

    def _containing(self, tree: Any) -> tuple[Kind, Evaluate]:
        left_tree, right_tree = tree.children
        kind, left = self.build(left_tree)
        if kind.name not in ("set", "text"):
            raise ConditionFaulty(f"`contains` asks a set or a text, not a {kind.name}", _column(left_tree))
        right = self._against(Kind(name="option", values=kind.values) if kind.name == "set" else TEXT, right_tree)
        is_text = kind.name == "text"

        def evaluate(facts: Facts) -> Truth:
            value, wanted = left(facts), right(facts)
            if value is None or wanted is None:
                return None
            return str(wanted).casefold() in value.casefold() if is_text else wanted in value

        return TRUTH, evaluate

    def _no_containing(self, tree: Any) -> tuple[Kind, Evaluate]:
        _, inner = self._containing(tree)
        return TRUTH, lambda facts: _not(inner(facts))

    def _matching(self, tree: Any) -> tuple[Kind, Evaluate]:
        left_tree, token = tree.children
        kind, left = self.build(left_tree)
        if kind.name != "text":
            raise ConditionFaulty(f"`matches` asks a text, not a {kind.name}", _column(left_tree))
        try:
            pattern = re2.compile(str(token)[1:-1])
        except re2.error:
            raise ConditionFaulty("this is no pattern (RE2)", token.column) from None

        def evaluate(facts: Facts) -> Truth:
            value = left(facts)
            return None if value is None else pattern.search(value) is not None

        return TRUTH, evaluate

    def _state(self, tree: Any) -> tuple[Kind, Evaluate]:
        asked, token = tree.children
        name = _word(asked)
        if name is None or not name.startswith("slots.") or name not in self._kinds:
            raise ConditionFaulty("`is` asks how an answer stands: slots.x is known", _column(asked))
        self.names.append(name)
        wanted = str(token)
        if wanted == "null":
            return TRUTH, lambda facts: facts.state(name) != "known"
        return TRUTH, lambda facts: facts.state(name) == wanted

    def _no_state(self, tree: Any) -> tuple[Kind, Evaluate]:
        _, inner = self._state(tree)
        return TRUTH, lambda facts: not inner(facts)

    def _number(self, tree: Any) -> tuple[Kind, Evaluate]:
        value = float(tree.children[0])
        return NUMBER, lambda _facts: value

    def _string(self, tree: Any) -> tuple[Kind, Evaluate]:
        text = str(tree.children[0])[1:-1]
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text)
            return DATE, lambda _facts: day
        return TEXT, lambda _facts: text

    def _name(self, tree: Any) -> tuple[Kind, Evaluate]:
        name = str(tree.children[0])
        kind = self._kinds.get(name)
        if kind is None:
            raise ConditionFaulty(f"there is no `{name}`.{nearest(name, self._kinds)}", _column(tree))
        self.names.append(name)
        return kind, lambda facts: facts.value(name)

    def _arithmetic(self, tree: Any, work: Callable[[float, float], float]) -> tuple[Kind, Evaluate]:
        sides = [self.build(child) for child in tree.children]
        for child, (kind, _) in zip(tree.children, sides, strict=True):
            if kind.name != "number":
                raise ConditionFaulty(f"one calculates with numbers, not with a {kind.name}", _column(child))
        (_, left), (_, right) = sides

        def evaluate(facts: Facts) -> float | None:
            a, b = left(facts), right(facts)
            if a is None or b is None:
                return None
            try:
                result = work(a, b)
            except ZeroDivisionError:
                return None
            return result if abs(result) < _LARGEST else None

        return NUMBER, evaluate

    def _add(self, tree: Any) -> tuple[Kind, Evaluate]:
        return self._arithmetic(tree, lambda a, b: a + b)

    def _sub(self, tree: Any) -> tuple[Kind, Evaluate]:
        return self._arithmetic(tree, lambda a, b: a - b)

    def _mul(self, tree: Any) -> tuple[Kind, Evaluate]:
        return self._arithmetic(tree, lambda a, b: a * b)

    def _div(self, tree: Any) -> tuple[Kind, Evaluate]:
        return self._arithmetic(tree, lambda a, b: a / b)

    def _neg(self, tree: Any) -> tuple[Kind, Evaluate]:
        kind, inner = self.build(tree.children[0])
        if kind.name != "number":
            raise ConditionFaulty("only a number has a minus", _column(tree))
        return NUMBER, lambda facts: None if (value := inner(facts)) is None else -value

    def _call(self, tree: Any) -> tuple[Kind, Evaluate]:
        name, *arguments = tree.children
        built = [self.build(argument) for argument in arguments]
        kinds = {kind.name for kind, _ in built}
        parts = [evaluate for _, evaluate in built]
        if name == "count" and kinds == {"set"} and len(parts) == 1:
            return NUMBER, lambda facts: None if (value := parts[0](facts)) is None else float(len(value))
        if name in ("count", "any", "all"):
            truths = self._truths(lark.Tree("and_", arguments))
            if name == "count":
                return NUMBER, lambda facts: float(sum(part(facts) is True for part in truths))
            join = _any if name == "any" else _all
            return TRUTH, lambda facts: join([part(facts) for part in truths])
        if kinds not in ({"number"}, {"level"}):
            raise ConditionFaulty(f"`{name}` takes numbers or levels", _column(tree))
        key: Callable[[Any], Any] = LEVELS.index if kinds == {"level"} else float
        choose: Callable[..., Any] = min if name == "min" else max

        def evaluate(facts: Facts) -> Any:
            values = [part(facts) for part in parts]
            return None if None in values else choose(values, key=key)

        return (LEVEL if kinds == {"level"} else NUMBER), evaluate


def _as_truth(evaluate: Evaluate) -> Callable[[Facts], Truth]:
    def truth(facts: Facts) -> Truth:
        value = evaluate(facts)
        return None if value is None else value is True or value in ("yes", "true")

    return truth


def _any(values: list[Truth]) -> Truth:
    return True if True in values else None if None in values else False


def _all(values: list[Truth]) -> Truth:
    return False if False in values else None if None in values else True


def _not(value: Truth) -> Truth:
    return None if value is None else not value


def _equal(left: Any, right: Any, *, is_equal: bool) -> Truth:
    if left is None or right is None:
        return None
    return bool(left == right) is is_equal


def _ordered(left: Any, right: Any, sign: str, order: Callable[[str], int] | None) -> Truth:
    if left is None or right is None:
        return None
    a, b = (order(left), order(right)) if order else (left, right)
    if sign == "<":
        return bool(a < b)
    if sign == "<=":
        return bool(a <= b)
    return bool(a > b) if sign == ">" else bool(a >= b)


def _word(tree: Any) -> str | None:
    if isinstance(tree, lark.Tree) and tree.data == "name":
        return str(tree.children[0])
    if isinstance(tree, lark.Tree) and tree.data == "string":
        return str(tree.children[0])[1:-1]
    return None


def _column(tree: Any) -> int:
    return int(getattr(getattr(tree, "meta", None), "column", 1) or 1)


@lru_cache(maxsize=1)
def world_kinds() -> dict[str, Kind]:
    """The names of the world that every condition may ask, beside slots, levels and scores."""
    return {
        "level.any": LEVEL,
        "contact.language": TEXT,
        "contact.returning": SWITCH,
        "contact.reachable": SWITCH,
        "guard.private": SWITCH,
        "guard.consent": SWITCH,
        "channel.name": TEXT,
        "channel.buttons": SWITCH,
        "channel.deletes": SWITCH,
        "now.hour": NUMBER,
        "now.weekday": Kind(name="option", values=WEEKDAYS),
        "now.date": DATE,
        "case.open": SWITCH,
    }


def local_day(now: datetime) -> tuple[float, str, date]:
    """Hour, weekday and date of a local time."""
    return float(now.hour), WEEKDAYS[now.weekday()], now.date()

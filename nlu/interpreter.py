"""Reads a message: language, danger, groups, intent and the facts it tells in passing."""

from pathlib import Path

from nlu import datafile, rules
from nlu.elders import ElderReader
from nlu.facts import FactReader
from nlu.groups import GroupReader
from nlu.intent import IntentReader
from nlu.language import LanguageGuesser
from nlu.lexicon import Lexicon
from nlu.normalize import Normalizer
from nlu.places import gazetteer
from nlu.risk import RiskReader
from nlu.understanding import Understanding, most_urgent

DATA = Path(__file__).parent / "data"


class Interpreter:
    """Understands messages with one set of data. Made once, used from any thread: it keeps nothing of a message."""

    def __init__(self, folder: Path) -> None:
        self.lexicon = Lexicon.load(folder / "lexicon")
        self.book = rules.load(folder / "rules", folder / "frames.yml", self.lexicon)
        self._intents = IntentReader.load(folder / "intents.yml", self.lexicon)
        self._languages = LanguageGuesser.load(folder / "languages.yml")
        self._groups = GroupReader.load(folder / "groups.yml", self.book, self.lexicon)
        concerned = datafile.read(folder / "concerned.yml")
        self._facts = FactReader(self.lexicon, concerned)
        self._elders = ElderReader(self.lexicon, concerned)
        self._risks = RiskReader(self.lexicon, self.book)
        for place in gazetteer().plain:
            self.lexicon.leave_alone(place)
        self.lexicon.index_repairs()
        self._normalizer = Normalizer(self.lexicon)

    @classmethod
    def load(cls, folder: Path | None = None) -> "Interpreter":
        """The interpreter of a data folder; of the data that come with the package when none is given.

        Raises:
            LexiconError: the data can't be used; all faults in one list, each with file and line.
        """
        return cls(folder or DATA)

    def understand(self, text: str) -> Understanding:
        """What a message says. Never raises: a text that can't be read is `Understanding.unknown()`."""
        try:
            return self._understand(text)
        except Exception:  # noqa: BLE001  # the safety net must answer; unknown makes a person look
            return Understanding.unknown()

    def rules_of(self, text: str) -> dict[str, str]:
        """The ids of the rules that a text meets, each with the level it stands for there. For tests and for authors of rules."""
        findings = self._risks.find(self._elders.settle(self._normalizer.read(text)))
        return {finding.rule.id: finding.level.value for finding in findings}

    def _understand(self, text: str) -> Understanding:
        reading = self._elders.settle(self._normalizer.read(text))
        if not reading.words and not reading.fillers:
            return Understanding.nothing()
        findings = self._risks.find(reading)
        facts = self._facts.read(reading, findings)
        if not findings:
            return Understanding(language=self._languages.guess(text), intent=self._intents.read(reading, (), ()), facts=facts)
        risks, needs = self._risks.risks(findings, reading), self._risks.needs(findings)
        return Understanding(
            language=self._languages.guess(text),
            intent=self._intents.read(reading, risks, needs),
            risks=risks,
            level=most_urgent(*(risk.level for risk in risks)) or most_urgent(*(finding.level for finding in needs)),
            groups=self._groups.read(reading, findings, facts) if risks or needs else (),
            facts=facts,
            watch=self._risks.watch(findings),
        )

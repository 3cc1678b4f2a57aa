"""The JSON shapes of `teduh nlu parse --json` and `teduh nlu answer --json`, one object a line."""

from nlu.understanding import Answer, Understanding


def parse_json(understanding: Understanding, text: str) -> dict[str, object]:
    """What was understood of a text, as one JSON object; a level of None and an unknown intent are null."""
    intent = understanding.intent
    return {
        "text": text,
        "language": understanding.language,
        "intent": {"name": intent.name, "confidence": round(intent.confidence, 3)} if intent else None,
        "risks": [
            {"name": risk.name, "score": round(risk.score, 3), "level": risk.level.value, "evidence": list(risk.evidence)}
            for risk in understanding.risks
        ],
        "level": understanding.level.value if understanding.level else None,
        "groups": [{"name": group.name, "score": round(group.score, 3)} for group in understanding.groups],
        "facts": [
            {"kind": fact.kind, "value": fact.value, "confidence": round(fact.confidence, 3), "evidence": fact.evidence}
            for fact in understanding.facts
        ],
        "watch": understanding.watch.value if understanding.watch else None,
        "known": understanding.is_known,
    }


def answer_json(answer: Answer) -> dict[str, object]:
    """The value (null when it can't be told) and how sure it is."""
    return {"value": answer.value, "confidence": round(answer.confidence, 3)}

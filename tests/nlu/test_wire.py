"""The JSON shapes that the commands print."""

import json

from nlu.answers import read_answer
from nlu.interpreter import Interpreter
from nlu.wire import answer_json, parse_json


def test_a_parsed_message_has_the_agreed_shape(interpreter: Interpreter) -> None:
    text = "suami saya mukul saya, saya takut pulang"

    line = json.loads(json.dumps(parse_json(interpreter.understand(text), text)))

    assert line["text"] == text
    assert (line["level"], line["language"]) == ("P2", "id")
    assert (line["risks"][0]["name"], line["risks"][0]["evidence"][0]) == ("domestic_violence", "suami saya mukul")
    assert set(line["risks"][0]) >= {"name", "score", "evidence"}
    assert set(line["groups"][0]) == {"name", "score"}
    assert set(line["intent"]) == {"name", "confidence"}


def test_a_message_without_risk_has_a_null_level(interpreter: Interpreter) -> None:
    line = parse_json(interpreter.understand("halo"), "halo")

    assert (line["level"], line["risks"]) == (None, [])


def test_an_answer_has_value_and_confidence() -> None:
    assert answer_json(read_answer("place", "sby"))["value"] == {"province": "Jawa Timur", "regency": "Kota Surabaya"}
    assert answer_json(read_answer("age", "hmm")) == {"value": None, "confidence": 0.0}

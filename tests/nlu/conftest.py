"""One interpreter for all tests: it keeps nothing of a message."""

import pytest

from nlu.interpreter import Interpreter


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    return Interpreter.load()

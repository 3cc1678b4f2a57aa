"""What a login, a shown name and a password must be. Pure rules; the words for people stand in `bot/web/errors.py`."""

import re
import unicodedata
from enum import StrEnum
from itertools import pairwise

from bot.errors import BotError

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
"""Characters. Source: between the 8 that OWASP ASVS 5.0 (6.2.1) asks for and the 15 it recommends; guesses are slowed (tries.py)."""

LONGEST_NAME = 60
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,39}")

_COMMON = """
    123456789012 1234567890123 12345678901234 123456789123 123123123123 111111111111 000000000000 121212121212 112233445566
    qwertyuiop12 qwertyuiop123 qwertyuiopasdf qwertyqwerty 1q2w3e4r5t6y 1qaz2wsx3edc q1w2e3r4t5y6 asdfghjkl123 zxcvbnm12345
    password1234 password12345 password123456 passwordpassword mypassword123 newpassword123 p@ssw0rd1234 passw0rd1234
    administrator administrator1 administrator123 admin1234567 adminadmin123 admin12345678 superadmin123 letmein12345
    welcome12345 iloveyou1234 iloveyouforever changeme1234 defaultpassword rahasia12345 rahasiabanget katasandi123
    katasandi1234 sandirahasia bismillah123 bismillah1234 bismillahirrahmanirrahim alhamdulillah alhamdulillah123
    subhanallah123 indonesia123 indonesia1234 indonesia12345 indonesiaraya indonesiamerdeka merdeka17845 garudaindonesia
    sayangkamu123 akucintakamu akusayangkamu cintaku12345 sayangku12345 kemensos1234 kementeriansosial dinassosial123
    relawan12345 petugas12345 jakarta12345 surabaya1234 bandung12345 persib123456 persija12345 teduhteduh12 teduh1234567
    monyet123456 terserahkamu semangat1234 qwerty123456 abcdefghijkl abcdef123456 abc123abc123 abcd1234abcd a1b2c3d4e5f6
"""
COMMON = frozenset(_COMMON.split())
"""The commonest passwords, abroad and in Indonesia, that are long enough to be offered."""


class Weakness(StrEnum):
    """Why a password can't be taken."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_COMMON = "too_common"
    HOLDS_LOGIN = "holds_login"


class PasswordWeak(BotError):
    """This password would not protect anybody."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(weakness.value)
        self.weakness = weakness


class LoginUnusable(BotError):
    """A login has 3 to 40 of: small letters, digits, and . _ @ + -"""


class NameUnusable(BotError):
    """A shown name has 1 to 60 characters and no control characters."""


def tidy_login(login: str) -> str:
    """The login as it is looked up: the same however it was typed."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def tidy_password(password: str) -> str:
    """The password as it is hashed: the same from each keyboard. Source: NIST SP 800-63B-4, 3.1.1.2."""
    return unicodedata.normalize("NFKC", password)


def check_login(login: str) -> str:
    """The tidied login.

    Raises:
        LoginUnusable.
    """
    tidied = tidy_login(login)
    if not _LOGIN.fullmatch(tidied):
        raise LoginUnusable
    return tidied


def check_name(name: str) -> str:
    """The tidied name.

    Raises:
        NameUnusable.
    """
    tidied = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(tidied) <= LONGEST_NAME or any(unicodedata.category(each)[0] == "C" for each in tidied):
        raise NameUnusable
    return tidied


def check_password(password: str, *, login: str, name: str) -> str:
    """The tidied password.

    Raises:
        PasswordWeak: with the reason.
    """
    tidied = tidy_password(password)
    if len(tidied) < SHORTEST_PASSWORD:
        raise PasswordWeak(Weakness.TOO_SHORT)
    if len(tidied) > LONGEST_PASSWORD:
        raise PasswordWeak(Weakness.TOO_LONG)
    folded = tidied.casefold()
    if folded in COMMON or _is_monotonous(folded):
        raise PasswordWeak(Weakness.TOO_COMMON)
    own = {login.casefold(), name.casefold(), login.partition("@")[0].casefold(), name.replace(" ", "").casefold()}
    if any(_is_little_more_than(folded, word) for word in own):
        raise PasswordWeak(Weakness.HOLDS_LOGIN)
    return tidied


def _is_monotonous(password: str) -> bool:
    """Few different characters, or each the neighbour of the one before."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(set(password)) < 5 or steps in ({1}, {-1})


def _is_little_more_than(password: str, word: str) -> bool:
    return len(word) >= 3 and word in password and len(password) - password.count(word) * len(word) < 6

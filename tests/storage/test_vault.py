"""What is sealed stays sealed, at its place only."""

import pytest

from bot.storage.vault import KeyMissing, SealBroken, Vault, load_or_make_key, make_key, read_key


def test_what_was_sealed_opens_at_its_place(vault: Vault):
    assert vault.open("messages:1", vault.seal("messages:1", b"takut pulang")) == b"takut pulang"


def test_a_sealed_value_shows_nothing_of_its_text(vault: Vault):
    assert b"takut" not in vault.seal("messages:1", b"takut pulang")


def test_two_seals_of_the_same_text_differ(vault: Vault):
    assert vault.seal("a", b"x") != vault.seal("a", b"x")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]), id="a flipped bit"),
        pytest.param(lambda sealed: sealed[:-3], id="cut short"),
        pytest.param(lambda _sealed: b"", id="empty"),
        pytest.param(lambda sealed: b"\x02" + sealed[1:], id="another scheme"),
    ],
)
def test_a_changed_value_does_not_open(vault: Vault, change):
    with pytest.raises(SealBroken):
        vault.open("messages:1", change(vault.seal("messages:1", b"x")))


def test_a_value_moved_to_another_row_does_not_open(vault: Vault):
    with pytest.raises(SealBroken):
        vault.open("messages:2", vault.seal("messages:1", b"x"))


def test_another_key_opens_nothing_and_finds_nothing(vault: Vault):
    other = Vault(bytes(32))

    with pytest.raises(SealBroken):
        other.open("a", vault.seal("a", b"x"))
    assert other.digest("address", "555") != vault.digest("address", "555")


def test_digests_of_different_purposes_can_not_be_joined(vault: Vault):
    assert vault.digest("address", "555") != vault.digest("update", "555")


def test_a_key_file_is_made_once_and_read_by_its_owner_only(tmp_path):
    file = tmp_path / "keys" / "vault.key"

    first, second = load_or_make_key(file), load_or_make_key(file)

    assert first == second
    assert len(first) == 32
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_file_that_others_can_read_is_refused(tmp_path):
    file = tmp_path / "vault.key"
    file.write_text(make_key())
    file.chmod(0o644)

    with pytest.raises(KeyMissing, match="chmod 600"):
        load_or_make_key(file)


@pytest.mark.parametrize("text", ["", "kunci", "YWJj", make_key()[:-4]])
def test_a_weak_key_is_refused_with_the_way_to_make_one(text: str):
    with pytest.raises(KeyMissing, match="teduh key"):
        read_key(text)

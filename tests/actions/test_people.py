"""Letting people in: what is checked, in which order, and what is left behind when it fails."""

import asyncio
from datetime import timedelta

import pytest

from bot.actions import people as actions
from bot.actions.people import Door, LinkUsed, TooManyTries, WrongPassword
from bot.domain.credentials import PasswordWeak
from bot.domain.responders import NotAllowed, Role
from bot.storage import people, signins
from bot.storage.database import Database
from bot.storage.ids import Ids
from bot.storage.people import LoginTaken
from bot.storage.vault import Vault
from tests.builders import NOW, later, make_responder

PASSWORD = "empat kata acak saja"


@pytest.fixture
def door(database: Database, vault: Vault) -> Door:
    lasts, idle = timedelta(hours=12), timedelta(hours=1)
    return Door(database=database, vault=vault, new_id=Ids(), lasts=lasts, idle=idle, slots=2)


async def link(door: Door, *roles: Role) -> str:
    def work(db):
        return people.add_invitation(db, door.vault, frozenset(roles or (Role.RESPONDER,)), by=None, now=NOW)

    return await door.database.write(work)


async def accept(door: Door, token: str, *, login: str = "ratna", password: str = PASSWORD, now=NOW) -> actions.Entry:
    values = {"name": "Ratna", "login": login, "password": password, "also_responder": False, "device": "", "now": now}
    return await actions.accept(door, token=token, **values)


async def sign_in(door: Door, password: str = PASSWORD, *, login: str = "ratna", device: str = "", now=NOW) -> actions.Entry:
    return await actions.sign_in(door, login=login, password=password, device=device, now=now)


async def test_who_joined_can_sign_in_and_has_the_slots_of_the_house(door: Door):
    joined = await accept(door, await link(door, Role.RESPONDER, Role.SUPERVISOR))

    entered = await sign_in(door)

    assert entered.responder == joined.responder
    assert (entered.responder.roles, entered.responder.slots) == ({Role.RESPONDER, Role.SUPERVISOR}, 2)
    assert entered.token != joined.token


async def test_a_taken_login_leaves_the_link_to_be_used_with_another(door: Door):
    await accept(door, await link(door))
    token = await link(door)

    with pytest.raises(LoginTaken):
        await accept(door, token)

    assert (await accept(door, token, login="ratna2")).responder.login == "ratna2"


async def test_of_many_who_accept_at_once_one_joins(door: Door):
    token = await link(door)

    outcomes = await asyncio.gather(
        *(accept(door, token, login=f"ratna{number}") for number in range(4)), return_exceptions=True
    )

    assert sum(isinstance(outcome, actions.Entry) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LinkUsed) for outcome in outcomes) == 3


async def test_a_stranger_without_a_link_learns_nothing_of_the_rules(door: Door):
    with pytest.raises(LinkUsed):
        await accept(door, "no link", password="short")
    with pytest.raises(PasswordWeak):
        await accept(door, await link(door), password="short")


async def test_slowing_outlives_the_process(door: Door, vault: Vault):
    await accept(door, await link(door))
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await sign_in(door, "wrong")

    fresh = Door(database=door.database, vault=vault, new_id=Ids(), lasts=door.lasts, idle=door.idle, slots=2)
    with pytest.raises(TooManyTries) as caught:
        await sign_in(fresh, now=later(seconds=10))

    assert caught.value.wait_seconds == 20
    assert (await sign_in(fresh, now=later(seconds=31))).responder.login == "ratna"


async def test_a_refused_try_does_not_make_the_wait_longer(door: Door):
    await accept(door, await link(door))
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await sign_in(door, "wrong")
    for second in range(1, 30):
        with pytest.raises(TooManyTries):
            await sign_in(door, now=later(seconds=second))

    assert await sign_in(door, now=later(seconds=30))


async def test_a_device_stays_the_same_device(door: Door):
    first = await accept(door, await link(door))

    again = await sign_in(door, device=first.device)
    elsewhere = await sign_in(door, device="made up")

    assert again.device == first.device
    assert elsewhere.device not in (first.device, "made up")


async def test_anothers_device_gives_no_free_tries(door: Door):
    await accept(door, await link(door))
    others = await accept(door, await link(door), login="bagus")
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await sign_in(door, "wrong", device=others.device)

    with pytest.raises(TooManyTries):
        await sign_in(door, device=others.device)


async def test_duty_ends_with_the_last_sign_out(door: Door):
    entry = await accept(door, await link(door))
    second = await sign_in(door)
    await door.database.write(lambda db: actions.set_duty(db, by=entry.responder, is_on_duty=True, now=NOW))

    counts = []
    for token in (entry.token, second.token):
        signed_in = await door.database.read(lambda db, t=token: signins.find(db, door.vault, t, idle=door.idle, now=NOW))
        await door.database.write(lambda db, s=signed_in: actions.sign_out(db, s, idle=door.idle, now=NOW))
        counts.append(await door.database.read(lambda db: people.count_on_duty(db, NOW)))

    assert counts == [1, 0]


async def test_who_answers_nobody_has_no_duty(door: Door):
    with pytest.raises(NotAllowed):
        await door.database.write(
            lambda db: actions.set_duty(db, by=make_responder(1, Role.ADMINISTRATOR), is_on_duty=True, now=NOW)
        )

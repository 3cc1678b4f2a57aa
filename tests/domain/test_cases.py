"""What a case allows, and who holds it."""

import pytest

from bot.domain import cases
from bot.domain.cases import CaseAlreadyClaimed, CaseClosed, CaseStatus, LevelOnlyRises, NotTheHolder, Outcome
from bot.domain.responders import NotAllowed, Role
from nlu.understanding import Level
from tests.builders import NOW, later, make_case, make_responder, make_sign

RATNA, BAGUS = make_responder(1), make_responder(2)


def test_a_claimed_case_cannot_be_claimed_again():
    claimed = cases.claim(make_case(), by=RATNA, now=NOW)

    with pytest.raises(CaseAlreadyClaimed):
        cases.claim(claimed, by=BAGUS, now=later(seconds=30))


def test_a_case_whose_lease_ran_out_can_be_claimed_by_another():
    claimed = cases.claim(make_case(), by=RATNA, now=NOW)

    taken_over = cases.claim(claimed, by=BAGUS, now=later(seconds=cases.LEASE.total_seconds() + 1))

    assert taken_over.holder == BAGUS.id


def test_a_lost_lease_can_not_be_renewed():
    claimed = cases.claim(make_case(), by=RATNA, now=NOW)

    with pytest.raises(NotTheHolder):
        cases.renew(claimed, by=RATNA.id, now=later(minutes=3))


def test_renewing_holds_the_case_for_another_lease():
    claimed = cases.claim(make_case(), by=RATNA, now=NOW)

    renewed = cases.renew(claimed, by=RATNA.id, now=later(seconds=100))

    assert cases.is_leased(renewed, now=later(seconds=200))


def test_a_released_case_is_as_old_as_it_was():
    case = make_case()

    released = cases.release(cases.claim(case, by=RATNA, now=later(minutes=5)))

    assert released.status is CaseStatus.QUEUED
    assert (released.waiting_since, released.holder, released.lease_until) == (case.waiting_since, None, None)


def test_an_administrator_answers_nobody_by_that_role():
    with pytest.raises(NotAllowed):
        cases.claim(make_case(), by=make_responder(3, Role.ADMINISTRATOR), now=NOW)


def test_only_its_holder_may_close_a_case():
    claimed = cases.claim(make_case(), by=RATNA, now=NOW)

    with pytest.raises(NotTheHolder):
        cases.close(claimed, by=BAGUS.id, outcome=Outcome.HELPED, now=NOW)


def test_a_closed_case_allows_nothing_more():
    closed = cases.close(cases.claim(make_case(), by=RATNA, now=NOW), by=RATNA.id, outcome=Outcome.HELPED, now=NOW)

    for change in (
        lambda: cases.claim(closed, by=RATNA, now=NOW),
        lambda: cases.release(closed),
        lambda: cases.renew(closed, by=RATNA.id, now=NOW),
        lambda: cases.set_level(closed, Level.P1, by=RATNA, now=NOW),
    ):
        with pytest.raises(CaseClosed):
            change()


@pytest.mark.parametrize("before", list(Level))
@pytest.mark.parametrize("seen", [*Level, None])
def test_what_is_seen_only_raises_a_level(before: Level, seen: Level | None):
    case = make_case(level=before)

    raised = cases.raise_to(case, seen, signs=(), now=later(minutes=1))

    assert raised.level.rank <= before.rank
    assert raised.respond_by <= case.respond_by


def test_a_sign_is_kept_once():
    sign = make_sign("trafficking_tppo")

    raised = cases.raise_to(cases.raise_to(make_case(), None, signs=(sign,), now=NOW), None, signs=(sign,), now=NOW)

    assert raised.reasons == ("domestic_violence", "trafficking_tppo")


def test_a_responder_may_raise_a_level_and_only_a_supervisor_lower_it():
    case = make_case(level=Level.P2)

    assert cases.set_level(case, Level.P1, by=RATNA, now=NOW).level is Level.P1
    with pytest.raises(LevelOnlyRises):
        cases.set_level(case, Level.P3, by=RATNA, now=NOW)
    supervisor = make_responder(4, Role.SUPERVISOR)
    assert cases.set_level(case, Level.P3, by=supervisor, now=NOW).level is Level.P3

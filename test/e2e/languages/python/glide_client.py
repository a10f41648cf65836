"""Valkey GLIDE."""

import asyncio
from importlib.metadata import version

from glide import Batch, GlideClient, GlideClientConfiguration, NodeAddress, ProtocolVersion, Script, ServerCredentials

from book import BIG, HOST, PASSWORD, PORT, PREFIX, PROTOCOL, USERNAME, Book

book = Book("GLIDE for Python", version("valkey-glide"))
CHANNEL, LIST = (PREFIX + "channel").encode(), (PREFIX + "list").encode()


async def connect(subscribe=False):
    options = {}
    if PASSWORD:
        options["credentials"] = ServerCredentials(PASSWORD, USERNAME)
    if PROTOCOL:
        options["protocol"] = ProtocolVersion.RESP2 if PROTOCOL == "2" else ProtocolVersion.RESP3
    if subscribe:  # which wants RESP3
        options.pop("protocol", None)
        exact = GlideClientConfiguration.PubSubChannelModes.Exact
        options["pubsub_subscriptions"] = GlideClientConfiguration.PubSubSubscriptions({exact: {CHANNEL.decode()}}, None, None)
    return await GlideClient.create(GlideClientConfiguration([NodeAddress(HOST, PORT)], request_timeout=20000, **options))


async def commands(client):
    keys = {f"{PREFIX}scan:{i}".encode() for i in range(25)}
    for key in keys:
        book.check("SET", await client.set(key, "x"), "OK")
    script = Script("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")
    n = 0
    while book.open():
        n += 1
        await one_round(client, n, keys, script)
        book.rounds = n
        await asyncio.sleep(0.02)


async def one_round(client, n, keys, script):
    value = f"value {n}"
    book.check("SET", await client.set(PREFIX + "string", value), "OK")
    book.check("GET", await client.get(PREFIX + "string"), value.encode())
    book.check("INCR", await client.incr(PREFIX + "counter"), n)
    pipe = Batch(is_atomic=False)
    for _ in range(10):
        pipe.incr(PREFIX + "pipeline")
    book.check("pipeline", await client.exec(pipe, raise_on_error=True), list(range(10 * n - 9, 10 * n + 1)))
    multi = Batch(is_atomic=True)
    multi.incr(PREFIX + "multi").set(PREFIX + "copy", str(n)).get(PREFIX + "copy")
    book.check("MULTI", await client.exec(multi, raise_on_error=True), [n, "OK", str(n).encode()])
    lua = PREFIX + "lua"
    book.check("EVALSHA", await client.invoke_script(script, keys=[lua], args=[str(n)]), [lua.encode(), str(n).encode(), n])
    if n % 10 == 1:
        book.check("SCAN", await scan(client), keys)
        big = (value + ",") * (BIG // len(value) + n)
        book.check("SET big", await client.set(PREFIX + "big", big), "OK")
        book.check("GET big", await client.get(PREFIX + "big") == big.encode(), True)


async def scan(client):
    found, cursor = set(), b"0"
    while True:
        cursor, keys = await client.scan(cursor, match=PREFIX + "scan:*", count=10)
        found.update(keys)
        if cursor == b"0":
            return found


async def subscriber(client, publishing):
    while not (publishing.done() and book.arrived("pubsub")):
        message = client.try_get_pubsub_message()
        if message is None:
            await asyncio.sleep(0.01)
            continue
        book.check("channel", message.channel, CHANNEL)
        book.received["pubsub"].append(int(message.message))


async def publisher(client):
    while book.open():
        n = book.send("pubsub")
        book.check("PUBLISH", await client.publish(str(n), CHANNEL), 1)
        await asyncio.sleep(0.05)


async def consumer(client, pushing):
    while not (pushing.done() and book.arrived("list")):
        got = await client.blpop([LIST], 1)
        if got:
            book.check("BLPOP", got[0], LIST)
            book.received["list"].append(int(got[1]))


async def producer(client):
    while book.open():
        n = book.send("list")
        book.check("RPUSH", await client.rpush(LIST, [str(n)]) >= 1, True)
        await asyncio.sleep(book.rest(n))


async def main():
    client, subscribed, blocked = await connect(), await connect(subscribe=True), await connect()
    publishing, pushing = asyncio.create_task(publisher(client)), asyncio.create_task(producer(client))
    activities = [commands(client), publishing, subscriber(subscribed, publishing), pushing, consumer(blocked, pushing)]
    for outcome in await asyncio.gather(*activities, return_exceptions=True):
        if outcome is not None:
            book.fail(repr(outcome))
    for c in (client, subscribed, blocked):
        await c.close()


asyncio.run(main())
book.close()

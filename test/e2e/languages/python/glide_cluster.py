"""Valkey GLIDE's cluster client. It writes and reads until the file STOP is there."""

import asyncio
from importlib.metadata import version

from glide import GlideClusterClient, GlideClusterClientConfiguration, NodeAddress, ServerCredentials

from book import HOST, PASSWORD, PORT, PREFIX, USERNAME, Book, stopped


async def main():
    book = Book("GLIDE for Python, cluster", version("valkey-glide"))
    login = {"credentials": ServerCredentials(PASSWORD, USERNAME)} if PASSWORD else {}
    client = await GlideClusterClient.create(GlideClusterClientConfiguration([NodeAddress(HOST, PORT)], request_timeout=20000, **login))
    counts = dict.fromkeys((f"{PREFIX}{i}" for i in range(24)), 0)
    while not stopped():
        for key in counts:
            try:
                counts[key] += 1
                book.check("INCR " + key, await client.incr(key), counts[key])
                book.check("GET " + key, await client.get(key), str(counts[key]).encode())
            except Exception as e:
                book.fail(f"{key}: {e!r}")
        book.rounds += 1
    await client.close()
    book.close()


asyncio.run(main())

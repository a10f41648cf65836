"""Cluster clients: redis-py and valkey-py, whose interface is the same: cluster.py redis|valkey. They write and read until the file STOP is there."""

import importlib
import sys
import time

from book import HOST, PASSWORD, PORT, PREFIX, USERNAME, Book, stopped

lib = importlib.import_module(sys.argv[1])
book = Book(sys.argv[1] + "-py, cluster", lib.__version__)
connect = lib.RedisCluster if sys.argv[1] == "redis" else lib.ValkeyCluster
client = connect(host=HOST, port=PORT, username=USERNAME, password=PASSWORD, decode_responses=True)


def sent(command, *args):
    """Tries again while the client cannot send: it has no name for a node that an ASK names before the table of slots does."""
    while True:
        try:
            return command(*args)
        except AttributeError as e:
            if stopped() or "'NoneType' object has no attribute" not in str(e):
                raise
            time.sleep(0.01)


counts = dict.fromkeys((f"{PREFIX}{i}" for i in range(24)), 0)
while not stopped():
    for key in counts:
        try:
            counts[key] += 1
            book.check("INCR " + key, sent(client.incr, key), counts[key])
            book.check("GET " + key, sent(client.get, key), str(counts[key]))
        except Exception as e:
            book.fail(f"{key}: {e!r}")
    book.rounds += 1
book.close()

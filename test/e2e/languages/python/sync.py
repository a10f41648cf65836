"""redis-py and valkey-py, whose interface is the same: sync.py redis|valkey."""

import importlib
import sys
import threading
import time

from book import BIG, HOST, PASSWORD, PORT, PREFIX, PROTOCOL, USERNAME, Book

lib = importlib.import_module(sys.argv[1])
book = Book(sys.argv[1] + "-py", lib.__version__)
options = {"username": USERNAME, "password": PASSWORD}
if PROTOCOL:
    options["protocol"] = int(PROTOCOL)
client = (lib.Redis if sys.argv[1] == "redis" else lib.Valkey)(host=HOST, port=PORT, decode_responses=True, **options)


def guarded(activity):
    """Runs it in a thread; whatever it does not catch is an error of the run."""
    def run():
        try:
            activity()
        except Exception as e:
            book.fail(f"{activity.__name__}: {e!r}")
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def commands():
    keys = {f"{PREFIX}scan:{i}" for i in range(25)}
    for key in keys:
        book.check("SET", client.set(key, "x"), True)
    script = client.register_script("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")
    n = 0
    while book.open():
        n += 1
        one_round(n, keys, script)
        book.rounds = n
        time.sleep(0.02)


def one_round(n, keys, script):
    value = f"value {n}"
    book.check("SET", client.set(PREFIX + "string", value), True)
    book.check("GET", client.get(PREFIX + "string"), value)
    book.check("INCR", client.incr(PREFIX + "counter"), n)
    pipe = client.pipeline(transaction=False)
    for _ in range(10):
        pipe.incr(PREFIX + "pipeline")
    book.check("pipeline", pipe.execute(), list(range(10 * n - 9, 10 * n + 1)))
    multi = client.pipeline(transaction=True)
    multi.incr(PREFIX + "multi").set(PREFIX + "copy", n).get(PREFIX + "copy")
    book.check("MULTI", multi.execute(), [n, True, str(n)])
    book.check("EVALSHA", script(keys=[PREFIX + "lua"], args=[n]), [PREFIX + "lua", str(n), n])
    if n % 10 == 1:
        book.check("SCAN", set(client.scan_iter(PREFIX + "scan:*", count=10)), keys)
        big = (value + ",") * (BIG // len(value) + n)
        book.check("SET big", client.set(PREFIX + "big", big), True)
        book.check("GET big", client.get(PREFIX + "big") == big, True)


def subscriber():
    with client.pubsub() as p:
        p.subscribe(PREFIX + "channel")
        publishing = None
        while publishing is None or publishing.is_alive() or not book.arrived("pubsub"):
            message = p.get_message(timeout=0.5)
            if message and message["type"] == "subscribe":
                publishing = guarded(publisher)
            elif message:
                book.received["pubsub"].append(int(message["data"]))


def publisher():
    while book.open():
        n = book.send("pubsub")
        book.check("PUBLISH", client.publish(PREFIX + "channel", n), 1)
        time.sleep(0.05)


def consumer():
    pushing = guarded(producer)
    while pushing.is_alive() or not book.arrived("list"):
        got = client.blpop(PREFIX + "list", timeout=1)
        if got:
            book.check("BLPOP", got[0], PREFIX + "list")
            book.received["list"].append(int(got[1]))


def producer():
    while book.open():
        n = book.send("list")
        book.check("RPUSH", client.rpush(PREFIX + "list", n) >= 1, True)
        time.sleep(book.rest(n))


for thread in [guarded(a) for a in (commands, subscriber, consumer)]:
    thread.join()
book.close()

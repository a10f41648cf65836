"""The books of one run: what was asked, what came back, and what should have."""

import json
import os
import sys
import threading
import time

HOST = os.environ["HOST"]
PORT = int(os.environ["PORT"])
PREFIX = os.environ["PREFIX"]
USERNAME = os.environ.get("USERNAME") or None
PASSWORD = os.environ.get("PASSWORD") or None
PROTOCOL = os.environ.get("PROTOCOL")
BIG = 1 << 20
PATIENCE = 10  # seconds for the last messages


def stopped():
    """Whether a cluster's client is to end."""
    return os.path.exists(os.environ["STOP"])


class Book:
    def __init__(self, client, version):
        self.client, self.version = client, version
        self.end = time.monotonic() + float(os.environ.get("DURATION", 0))
        self.lock = threading.Lock()
        self.commands = self.rounds = self.errors = 0
        self.first = ""
        self.sent = {"pubsub": [], "list": []}
        self.received = {"pubsub": [], "list": []}

    def open(self):
        return time.monotonic() < self.end

    def check(self, what, got, want):
        with self.lock:
            self.commands += 1
        if got != want:
            self.fail(f"{what}: got {str(got)[:200]!r}, want {str(want)[:200]!r}")

    def fail(self, what):
        with self.lock:
            self.errors += 1
            self.first = self.first or str(what)

    def send(self, kind):
        """Returns the number of the next message."""
        n = len(self.sent[kind])
        self.sent[kind].append(n)
        return n

    def arrived(self, kind):
        """Whether all messages have arrived, or have had the time to."""
        return len(self.received[kind]) >= len(self.sent[kind]) or time.monotonic() > self.end + PATIENCE

    def rest(self, n):
        """The pause of a producer: sometimes longer than BLPOP waits."""
        return 1.3 if n % 8 == 7 else 0.1

    def close(self):
        """Prints the run on one line."""
        lost = sum(len(set(self.sent[k]) - set(self.received[k])) for k in self.sent)
        doubled = sum(len(self.received[k]) - len(set(self.received[k])) for k in self.sent)
        for k in self.sent:
            if self.received[k] != sorted(self.received[k]):
                self.fail(f"{k}: out of order")
        print(json.dumps({
            "client": self.client, "version": self.version, "commands": self.commands, "rounds": self.rounds,
            "messages": sum(map(len, self.sent.values())),
            "errors": self.errors, "lost": lost, "doubled": doubled, "first": self.first,
        }))
        sys.stdout.flush()

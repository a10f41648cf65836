"""Celery, with its broker and its results in the cache: a worker of its own runs jobs that note that they ran."""

import subprocess
import sys
import time

import celery
from celery import Celery

from book import HOST, PASSWORD, PORT, PREFIX, USERNAME, Book

login = f"{USERNAME or ''}:{PASSWORD}@" if PASSWORD else ""
app = Celery("jobs", broker=f"redis://{login}{HOST}:{PORT}/0", backend=f"redis://{login}{HOST}:{PORT}/0")
app.conf.task_default_queue = PREFIX + "queue"
app.conf.broker_connection_retry_on_startup = True


@app.task(name="square")
def square(n):
    app.backend.client.rpush(PREFIX + "ran", n)
    return n * n


def run():
    book = Book("Celery", f"{celery.__version__}")
    book.sent = {"jobs": []}
    book.received = {"jobs": []}
    worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "celery_client", "worker", "--pool", "threads", "--concurrency", "4",
                               "--loglevel", "WARNING"], stdout=sys.stderr)
    try:
        while book.open():
            jobs = [square.delay(book.send("jobs")) for _ in range(5)]
            for n, job in zip(book.sent["jobs"][-5:], jobs):
                book.check("result", job.get(timeout=30), n * n)
            book.rounds += 1
            time.sleep(0.05)
    except Exception as e:
        book.fail(repr(e))
    ran = [int(n) for n in app.backend.client.lrange(PREFIX + "ran", 0, -1)]
    book.received["jobs"] = sorted(ran)  # four threads keep no order
    worker.terminate()
    worker.wait(30)
    book.close()


if __name__ == "__main__":
    run()

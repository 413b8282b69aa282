"""
A client of the checker in Python: redis-py with its ordinary retry, as an application on a primary door would have it.
The first line of standard input says where and as whom; the end of standard input stops it. Each write is one line of
JSON on standard output: log, shape, value, outcome, reply, resent, sentMs, atMs (CLOCK_MONOTONIC), error.
"""

import json
import sys
import threading
import time

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

connects = 0


class CountingConnection(redis.Connection):
    def on_connect(self):
        global connects
        connects += 1
        super().on_connect()


settings = json.loads(sys.stdin.readline())
key = settings.pop("key")
think_seconds = settings.pop("thinkMs") / 1000
pool = redis.ConnectionPool(
    connection_class=CountingConnection,
    retry=Retry(ExponentialBackoff(cap=0.5, base=0.01), 5),
    retry_on_error=[redis.ConnectionError, redis.TimeoutError],
    **settings,
)
client = redis.Redis(connection_pool=pool)
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()


def now():
    return time.monotonic_ns() / 1e6


def transaction(value):
    batch = client.pipeline(transaction=True)
    batch.set(key + "tx:last", value)
    batch.lpush(key + "tx:list", value)
    batch.incr(key + "tx:count")
    return batch.execute()


def pipeline(value):
    batch = client.pipeline(transaction=False)
    for offset in range(50):
        batch.lpush(key + "pipeline", value + offset)
    return batch.execute()


def lines(name, shape, values):
    return [(name, shape, value) for value in values]


# What is written in turn, how many values it takes, and what it says of each.
TURNS = [
    (lambda v: [client.set(f"{key}set:{v % 100}", v)], 1, lambda v: lines(f"set:{v % 100}", "register", [v])),
    (lambda v: [client.lpush(key + "list", v)], 1, lambda v: lines("list", "sequence", [v])),
    (lambda v: [client.xadd(key + "stream", {"value": v})], 1, lambda v: lines("stream", "sequence", [v])),
    (lambda v: [client.incr(key + "count")], 1, lambda v: lines("count", "counter", [v])),
    (
        transaction,
        1,
        lambda v: [("tx:last", "register", v), ("tx:list", "sequence", v), ("tx:count", "counter", v)],
    ),
    (pipeline, 50, lambda v: lines("pipeline", "sequence", range(v, v + 50))),
]


def write(turn, value):
    work, _, told = turn
    before, sent, error, replies = connects, now(), None, None
    try:
        replies = work(value)
    except redis.RedisError as failure:
        error = str(failure) or type(failure).__name__
    at = now()
    for index, (log, shape, one) in enumerate(told(value)):
        reply = replies[index] if replies else None
        note = {
            "log": log,
            "shape": shape,
            "value": one,
            "outcome": "unknown" if error else "acknowledged",
            "reply": reply if isinstance(reply, int) else None,
            "resent": before != connects,
            "last": index == len(told(value)) - 1,
            "sentMs": sent,
            "atMs": at,
            "error": error,
        }
        print(json.dumps(note), flush=False)
    sys.stdout.flush()


value = 1
client.ping()
while not stopped.is_set():
    for turn in TURNS:
        if stopped.is_set():
            break
        write(turn, value)
        value += turn[1]
        time.sleep(think_seconds)

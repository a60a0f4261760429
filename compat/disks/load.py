"""Load by librdkafka while its broker dies again and again, and what must be left of it.

Writes until a line comes on standard input; then waits for what is under way, reads everything,
and prints what it found as JSON: `faults` is to be empty.
"""

import json
import random
import sys
import threading
import time

from confluent_kafka import (
    OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 6
KEYS = 40
BURST = 30
PAUSE_S = 0.03
SETTLE_S = 90
TOPICS = {
    "kept": {"segment.ms": "400", "retention.ms": "-1"},
    "short": {"segment.ms": "200", "retention.bytes": "400000", "file.delete.delay.ms": "50"},
    "compacted": {
        "segment.ms": "200", "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.2",
    },
    "transactional": {"segment.ms": "400"},
}


class Sent:
    """What became of the records: their place by their value, when they were acknowledged."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}
        self.order = {}
        self.keys = {}
        self.failures = []
        self.outcomes = {}

    def delivered(self, error, message):
        value = message.value()
        with self.lock:
            if error is not None:
                self.failures.append(str(error))
            else:
                self.acknowledged[value] = (
                    message.topic(), message.partition(), message.offset())

    def delivered_if_at_all(self, error, message):
        """Of a transaction that is aborted records may not be sent."""
        if error is None:
            self.delivered(error, message)

    def note(self, topic, partition, value, key=None):
        with self.lock:
            self.order.setdefault((topic, partition), []).append(value)
            self.keys[value] = key


def settings(address, **more):
    return {
        "bootstrap.servers": address, "acks": "all", "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20, "retry.backoff.max.ms": 100,
        "delivery.timeout.ms": SETTLE_S * 1000, "log_level": 0, **more,
    }


def watched(sent, run, args):
    try:
        run(*args)
    except Exception as error:  # whatever ends a writer is a fault
        sent.failures.append(f"{run.__name__}: {error!r}")


def write_idempotently(address, topic, name, codec, sent, stop):
    client = Producer(settings(
        address, **{"enable.idempotence": True, "linger.ms": 3, "compression.type": codec}))
    pick = random.Random(name)
    number = 0
    while not stop.is_set():
        for _ in range(BURST):
            partition = pick.randrange(PARTITIONS)
            value = f"{name} {number} ".encode() + b"x" * pick.randrange(200)
            key = f"key {name} {pick.randrange(KEYS)}".encode()
            try:
                client.produce(
                    topic, value=value, key=key, partition=partition, on_delivery=sent.delivered)
            except BufferError:
                client.poll(0.1)
                continue
            sent.note(topic, partition, value, key)
            number += 1
        client.poll(PAUSE_S)
        time.sleep(PAUSE_S)
    left = client.flush(SETTLE_S)
    if left:
        sent.failures.append(f"{name}: {left} records without an answer")


def write_transactions(address, name, sent, stop):
    pick = random.Random(name)
    client = None
    number = 0
    while not stop.is_set():
        if client is None:
            client = Producer(settings(address, **{
                "transactional.id": name, "linger.ms": 3, "transaction.timeout.ms": SETTLE_S * 1000,
                "metadata.recovery.strategy": "none",
            }))
            insist(client.init_transactions)
        client.begin_transaction()
        values = []
        for _ in range(pick.randrange(1, 40)):
            partition = pick.randrange(PARTITIONS)
            value = f"{name} {number}".encode()
            client.produce("transactional", value=value, partition=partition,
                           on_delivery=sent.delivered_if_at_all)
            sent.note("transactional", partition, value)
            values.append(value)
            number += 1
        wants_commit = pick.random() < 0.8
        outcome = finish(client, wants_commit)
        sent.outcomes[tuple(values)] = outcome
        if outcome == "unknown":
            client = None


def finish(client, wants_commit):
    try:
        if wants_commit:
            insist(client.commit_transaction)
            return "committed"
        insist(client.abort_transaction)
        return "aborted"
    except KafkaException as error:
        if not error.args[0].txn_requires_abort():
            return "unknown"
    try:
        insist(client.abort_transaction)
        return "aborted"
    except KafkaException:
        return "unknown"


def insist(step):
    end = time.monotonic() + SETTLE_S
    while True:
        try:
            return step(10)
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > end:
                raise


def read_all(address, topic, isolation):
    """The records by partition, from where it begins to its end."""
    reader = Consumer({
        "bootstrap.servers": address, "group.id": f"reader-{topic}-{isolation}",
        "enable.auto.commit": False, "isolation.level": isolation, "enable.partition.eof": True,
    })
    places = [TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(PARTITIONS)]
    starts = {p.partition: reader.get_watermark_offsets(p, timeout=30)[0] for p in places}
    reader.assign(places)
    records = {p: [] for p in range(PARTITIONS)}
    left = set(records)
    end = time.monotonic() + SETTLE_S
    while left:
        if time.monotonic() > end:
            raise RuntimeError(f"{topic}: partitions {left} have no end")
        for message in reader.consume(2000, timeout=1):
            if message.error() is None:
                records[message.partition()].append(
                    (message.offset(), message.key(), message.value()))
            elif message.error().code() == KafkaError._PARTITION_EOF:
                left.discard(message.partition())
            else:
                raise KafkaException(message.error())
    reader.close()
    return starts, records


def check_log(topic, partition, start, records, sent, faults):
    """Nothing twice, everything in the order it was sent in, the acknowledged where it was said."""
    where = f"{topic}-{partition}"
    offsets = [offset for offset, _, _ in records]
    if offsets != sorted(set(offsets)):
        faults.append(f"{where}: offsets do not rise")
    values = [value for _, _, value in records]
    if len(set(values)) != len(values):
        faults.append(f"{where}: {len(values) - len(set(values))} records are there twice")
    order = sent.order.get((topic, partition), [])
    by_writer = {}
    for value in order:
        by_writer.setdefault(value.split(b" ")[0], []).append(value)
    rank = {value: i for i, value in enumerate(order)}
    last = {}
    for value in values:
        writer = value.split(b" ")[0]
        if value not in rank:
            faults.append(f"{where}: {value[:40]} was never sent")
        elif rank[value] < last.get(writer, -1):
            faults.append(f"{where}: {value[:40]} is out of order")
        else:
            last[writer] = rank[value]
    at = {value: offset for offset, _, value in records}
    for value in order:
        place = sent.acknowledged.get(value)
        if place is None or place[2] < start:
            continue
        if value in at and place[2] >= 0 and at[value] != place[2]:
            faults.append(f"{where}: {value[:40]} is at {at[value]}, not at {place[2]}")
        if value not in at and topic != "compacted":
            faults.append(f"{where}: {value[:40]} is lost, it was at {place[2]} from {start}")
    return at


def check_compacted(partition, records, sent, faults):
    """Of every key there is a record at least as new as the last one acknowledged."""
    newest = {key: offset for offset, key, _ in records}
    key_of = {}
    for value in sent.order.get(("compacted", partition), []):
        place = sent.acknowledged.get(value)
        if place is not None:
            key_of[sent.keys[value]] = max(place[2], key_of.get(sent.keys[value], -1))
    for key, offset in key_of.items():
        if newest.get(key, -1) < offset:
            faults.append(f"compacted-{partition}: {key} was at {offset}, is at {newest.get(key)}")


def check_transactions(committed, sent, faults):
    seen = {value for records in committed.values() for _, _, value in records}
    for values, outcome in sent.outcomes.items():
        count = sum(value in seen for value in values)
        expected = {
            "committed": [len(values)], "aborted": [0], "unknown": [0, len(values)],
        }[outcome]
        if count not in expected:
            faults.append(f"{outcome}: {count} of {len(values)} records are seen, {values[0]}…")


def main(address, seed):
    admin = AdminClient(settings(address))
    for future in admin.create_topics(
            [NewTopic(n, PARTITIONS, 1, config=c) for n, c in TOPICS.items()]).values():
        future.result(30)
    sent = Sent()
    stop = threading.Event()
    work = [
        (write_idempotently, (address, topic, f"{topic}/{i}/{seed}", codec, sent, stop))
        for topic in ("kept", "short", "compacted")
        for i, codec in enumerate(("none", "lz4"))
    ] + [(write_transactions, (address, f"txn/{i}/{seed}", sent, stop)) for i in range(2)]
    threads = [
        threading.Thread(target=watched, args=(sent, run, args), daemon=True)
        for run, args in work
    ]
    for thread in threads:
        thread.start()
    print("writing", flush=True)
    sys.stdin.readline()
    stop.set()
    faults = []
    for thread in threads:
        thread.join(SETTLE_S * 2)
        if thread.is_alive():
            faults.append("a writer does not come to its end")
    faults += sent.failures
    counts = {}
    for topic in TOPICS:
        starts, records = read_all(address, topic, "read_uncommitted")
        for partition, some in records.items():
            check_log(topic, partition, starts[partition], some, sent, faults)
            if topic == "compacted":
                check_compacted(partition, some, sent, faults)
        counts[topic] = sum(map(len, records.values()))
    _, committed = read_all(address, "transactional", "read_committed")
    check_transactions(committed, sent, faults)
    outcomes = list(sent.outcomes.values())
    print(json.dumps({
        "acknowledged": len(sent.acknowledged), "read": counts,
        "transactions": {o: outcomes.count(o) for o in ("committed", "aborted", "unknown")},
        "faults": len(faults), "some": faults[:10],
    }), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

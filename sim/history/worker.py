"""A worker of the history checker on confluent-kafka (librdkafka), one role per process.

    worker.py ROLE NAME ADDRESS HISTORY JSON-OPTIONS

It writes what it does into HISTORY as JSON lines (see event.ts), ends well at SIGTERM, and ends
with an error at anything that it cannot go on from: another one takes its place.
"""

import json
import os
import random
import signal
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

ROLE, NAME, ADDRESS, HISTORY = sys.argv[1:5]
OPTIONS = json.loads(sys.argv[5])
DICE = random.Random(f"{OPTIONS['seed']} {NAME}")
OUT = os.open(HISTORY, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
STOPPED = []

COMMON = {
    "bootstrap.servers": ADDRESS, "client.id": NAME, "log_level": 0,
    "reconnect.backoff.ms": 30, "reconnect.backoff.max.ms": 300, "retry.backoff.ms": 50,
    "socket.timeout.ms": 2000, "topic.metadata.refresh.interval.ms": 5000,
    # Else sending offsets can hang after the only broker was gone (librdkafka issue 5511).
    "metadata.recovery.strategy": "none",
}
TRANSACTION_TIMEOUT_MS = OPTIONS["timeoutMs"]
CALL_TIMEOUT_S = 20


def log(kind, **fields):
    event = {"t": time.monotonic_ns() // 1000, "e": kind, **fields}
    os.write(OUT, (json.dumps(event, separators=(",", ":")) + "\n").encode())


def give_up(why):
    print(f"{NAME}: {why}", file=sys.stderr, flush=True)
    os._exit(3)


class Sender:
    """Sends records that are named after their worker, and writes down what becomes of them."""

    def __init__(self, **settings):
        self.count = 0
        self.is_broken = False
        self.client = Producer({
            **COMMON, "enable.idempotence": True, "acks": "all", "linger.ms": 2,
            "request.timeout.ms": 1500, "message.timeout.ms": TRANSACTION_TIMEOUT_MS,
            **settings,
        })

    def send(self, topic, partition, **fields):
        self.count += 1
        value = f"{NAME}:{self.count}"
        log("send", v=value, topic=topic, p=partition, **fields)

        def delivered(error, message):
            if error is None:
                log("sent", v=value, offset=message.offset())
                return
            self.is_broken = True
            log("unsent", v=value, why=error.name())

        while True:
            try:
                self.client.produce(topic, value, partition=partition, on_delivery=delivered)
                return
            except BufferError:
                self.client.poll(0.1)

    def check(self):
        # After a failure librdkafka begins a new sequence: a new process does so more plainly.
        if self.is_broken:
            give_up("a record was not delivered")


def place():
    topic = OPTIONS["topic"]
    return topic, DICE.randrange(OPTIONS["partitions"])


def produce():
    sender = Sender(**{"max.in.flight.requests.per.connection": 5})
    while not STOPPED:
        for _ in range(DICE.randrange(1, 8)):
            sender.send(*place())
        sender.client.poll(DICE.random() * 0.08)
        sender.check()
    sender.client.flush(CALL_TIMEOUT_S)


class Transactor(Sender):
    def __init__(self, **settings):
        self.tid = OPTIONS["tid"]
        self.number = 0
        super().__init__(**{
            "transactional.id": self.tid, "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            **settings,
        })
        log("init", tid=self.tid)
        self.client.init_transactions(CALL_TIMEOUT_S)
        log("inited", tid=self.tid)

    def begin(self):
        self.number += 1
        self.txn = f"{NAME}/{self.number}"
        self.client.begin_transaction()
        log("begin", txn=self.txn, tid=self.tid)

    def is_abortable(self, error):
        why = error.args[0]
        if why.fatal():
            log("refused", txn=self.txn, why=why.name())
        return why.txn_requires_abort()

    def end(self, is_committed):
        """Whether the transaction was committed."""
        log("end", txn=self.txn, commit=is_committed)
        try:
            if is_committed:
                self.client.commit_transaction(CALL_TIMEOUT_S)
            else:
                self.client.abort_transaction(CALL_TIMEOUT_S)
            log("ended", txn=self.txn)
            return is_committed
        except KafkaException as error:
            log("unended", txn=self.txn, why=error.args[0].name())
            if self.is_abortable(error) and is_committed:
                return self.end(False)
            raise


def transact():
    sender = Transactor()
    while not STOPPED:
        sender.begin()
        for _ in range(DICE.randrange(1, 5)):
            topic, partition = place()
            sender.send(topic, partition, txn=sender.txn)
            if DICE.random() < 0.3:
                sender.client.poll(DICE.random() * 0.1)
        if DICE.random() < 0.5:
            sender.client.flush(CALL_TIMEOUT_S)
            time.sleep(DICE.random() * 0.2)
        sender.end(DICE.random() < 0.7)
        sender.is_broken = False
        sender.client.poll(DICE.random() * 0.15)


class Member:
    """A consumer that writes down what it holds."""

    def __init__(self, **settings):
        self.held = {}
        self.before_revoke = lambda places: None
        self.client = Consumer({
            **COMMON, "group.id": OPTIONS["group"], "auto.offset.reset": "earliest",
            "enable.auto.commit": False, "isolation.level": "read_committed",
            # Of who does not give up what it was told to, the group waits no longer than that.
            "max.poll.interval.ms": 50_000,
            "fetch.wait.max.ms": 100, **protocol(), **settings,
        })
        self.client.subscribe(
            OPTIONS["topics"], on_assign=self.assigned, on_revoke=self.revoked, on_lost=self.lost)

    def assigned(self, _client, partitions):
        places = [(p.topic, p.partition) for p in partitions]
        for one in places:
            self.held[one] = None
        log("assigned", ps=places)

    def revoked(self, _client, partitions):
        places = [(p.topic, p.partition) for p in partitions]
        self.before_revoke(places)
        log("revoked", ps=places)
        for one in places:
            self.held.pop(one, None)

    def lost(self, _client, partitions):
        places = [(p.topic, p.partition) for p in partitions]
        log("lost", ps=places)
        for one in places:
            self.held.pop(one, None)

    def poll(self, count, timeout_s):
        """Records by place; those of places that are not held are the client's mistake."""
        polled = {}
        for message in self.client.consume(count, timeout=timeout_s):
            error = message.error()
            if error is None:
                polled.setdefault((message.topic(), message.partition()), []).append(message)
            elif error.fatal():
                give_up(error.name())
        for one, messages in polled.items():
            log("polled", topic=one[0], p=one[1],
                records=[(m.offset(), m.value().decode()) for m in messages])
            self.held[one] = messages[-1].offset() + 1
        return polled


def protocol():
    assignor = OPTIONS["assignor"]
    name = {"group.instance.id": OPTIONS["instance"]} if "instance" in OPTIONS else {}
    if assignor == "consumer":
        return {**name, "group.protocol": "consumer"}
    return {
        **name, "partition.assignment.strategy": assignor,
        "session.timeout.ms": OPTIONS["sessionMs"], "heartbeat.interval.ms": 300,
    }


def consume():
    member = Member()
    count = [0]

    def commit(places):
        offsets = [(*one, member.held[one]) for one in places if member.held.get(one) is not None]
        if not offsets:
            return
        count[0] += 1
        log("commit", n=count[0], offsets=offsets)
        try:
            asked = [TopicPartition(*one) for one in offsets]
            answers = member.client.commit(offsets=asked, asynchronous=False)
            failed = [a.error.name() for a in answers if a.error is not None]
            if failed:
                log("uncommitted", n=count[0], why=failed[0])
            else:
                log("committed", n=count[0])
        except KafkaException as error:
            log("uncommitted", n=count[0], why=error.args[0].name())

    member.before_revoke = commit
    while not STOPPED:
        member.poll(50, 0.1)
        if DICE.random() < 0.5:
            commit(list(member.held))
    commit(list(member.held))
    member.client.close()


def copy():
    member = Member()
    sender = Transactor()
    while not STOPPED:
        polled = member.poll(20, 0.2)
        if not polled:
            continue
        sender.begin()
        for one, messages in polled.items():
            for message in messages:
                partition = DICE.randrange(OPTIONS["partitions"])
                source = (*one, message.offset())
                sender.send(OPTIONS["topic"], partition, txn=sender.txn, **{"from": source})
        # Who is stopped now has his transaction open, and others get what he had.
        time.sleep(DICE.random() * 0.3)
        offsets = [(*one, messages[-1].offset() + 1) for one, messages in polled.items()]
        is_committed = DICE.random() < 0.85
        try:
            log("offsets", txn=sender.txn, offsets=offsets)
            sender.client.send_offsets_to_transaction(
                [TopicPartition(*one) for one in offsets],
                member.client.consumer_group_metadata(), CALL_TIMEOUT_S)
        except KafkaException as error:
            if not sender.is_abortable(error):
                raise
            is_committed = False
        if not sender.end(is_committed):
            # Again from where this transaction began.
            for one, messages in polled.items():
                member.client.seek(TopicPartition(*one, messages[0].offset()))
        sender.is_broken = False
    member.client.close()


ROLES = {"produce": produce, "transact": transact, "consume": consume, "copy": copy}

def end_with_driver():
    """Whoever started this holds the other end of its standard input."""
    sys.stdin.read()
    os._exit(4)


if __name__ == "__main__":
    threading.Thread(target=end_with_driver, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: STOPPED.append(True))
    log("start", role=ROLE, **({"group": OPTIONS["group"]} if "group" in OPTIONS else {}))
    try:
        ROLES[ROLE]()
    except KafkaException as error:
        give_up(str(error))
    # What librdkafka still wants to do at the end is not waited for.
    os._exit(0)

"""librdkafka on a disk that fills up: an idempotent producer, a reader and a member of a group.

Prints a line of JSON after each step, and goes on when a line comes on standard input. `faults` is
to be empty.
"""

import json
import os
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

TOPIC = "full"
PARTITIONS = 2
VALUE_BYTES = 20_000
# More of them than fit.
MOST_RECORDS = 20_000
QUIET_S = 4
SETTLE_S = 60


class Sent:
    """What became of the records, by their number."""

    def __init__(self, address):
        self.acknowledged = {}
        self.errors = []
        self.last_s = time.monotonic()
        self.count = 0
        self.producer = Producer({
            "bootstrap.servers": address, "enable.idempotence": True, "linger.ms": 2,
            "delivery.timeout.ms": 300_000, "queue.buffering.max.kbytes": 4096,
            "batch.size": 200_000, "log_level": 0,
            "error_cb": lambda error: error.fatal() and self.errors.append(str(error)),
        })

    def delivered(self, error, message):
        if error is not None:
            self.errors.append(f"{message.value()[:8]}: {error}")
            return
        self.last_s = time.monotonic()
        self.acknowledged[int(message.value()[:8])] = (message.partition(), message.offset())

    def send_until_quiet(self):
        """Until nothing was acknowledged for a while, though there is more to send."""
        filler = os.urandom(VALUE_BYTES)
        self.last_s = time.monotonic()
        while self.count < MOST_RECORDS and time.monotonic() - self.last_s < QUIET_S:
            try:
                self.producer.produce(
                    TOPIC, value=b"%08d" % self.count + filler, partition=self.count % PARTITIONS,
                    on_delivery=self.delivered)
                self.count += 1
                self.producer.poll(0)
            except BufferError:
                self.producer.poll(0.1)

    @property
    def waiting(self):
        return self.count - len(self.acknowledged)


def read_all(address):
    """Number and place of all records that are there, and where the partitions begin."""
    reader = Consumer({
        "bootstrap.servers": address, "group.id": "reader", "enable.auto.commit": False,
        "enable.partition.eof": True, "log_level": 0,
    })
    places = [TopicPartition(TOPIC, p, OFFSET_BEGINNING) for p in range(PARTITIONS)]
    starts = {p.partition: reader.get_watermark_offsets(p, timeout=30)[0] for p in places}
    reader.assign(places)
    records = []
    left = set(starts)
    end = time.monotonic() + SETTLE_S
    while left:
        if time.monotonic() > end:
            raise RuntimeError(f"partitions {left} have no end")
        for message in reader.consume(500, timeout=1):
            if message.error() is None:
                records.append(
                    (int(message.value()[:8]), (message.partition(), message.offset())))
            elif message.error().code() == KafkaError._PARTITION_EOF:
                left.discard(message.partition())
            else:
                raise RuntimeError(str(message.error()))
    reader.close()
    return starts, records


def check(address, sent):
    """Everything acknowledged is where it was said, once, and each partition in order."""
    starts, records = read_all(address)
    faults = list(sent.errors)
    at = dict(records)
    if len(at) != len(records):
        faults.append(f"{len(records) - len(at)} records are there twice")
    for number, place in sent.acknowledged.items():
        if place[1] >= starts[place[0]] and at.get(number) != place:
            faults.append(f"{number} was acknowledged at {place}, is at {at.get(number)}")
    for partition in range(PARTITIONS):
        numbers = [number for number, place in records if place[0] == partition]
        if numbers != sorted(numbers):
            faults.append(f"partition {partition} is out of order")
    return {"starts": list(starts.values()), "read": len(records), "faults": faults[:10]}


def commit(member, offset):
    """The name of the error; committing is up to the application, which tries again."""
    try:
        member.commit(offsets=[TopicPartition(TOPIC, 0, offset)], asynchronous=False)
        return "NONE"
    except Exception as error:  # KafkaException does not name its own kind
        return error.args[0].name()


def committed(member):
    return member.committed([TopicPartition(TOPIC, 0)], timeout=30)[0].offset


def tell(step, **more):
    print(json.dumps({"step": step, **more}), flush=True)
    sys.stdin.readline()


def main(address):
    admin = AdminClient({"bootstrap.servers": address})
    topic = NewTopic(TOPIC, PARTITIONS, 1, config={
        "segment.bytes": "1048576", "retention.ms": "-1", "file.delete.delay.ms": "100"})
    admin.create_topics([topic])[TOPIC].result(30)
    sent = Sent(address)
    member = Consumer({
        "bootstrap.servers": address, "group.id": "member", "enable.auto.commit": False,
        "log_level": 0,
    })
    member.subscribe([TOPIC])
    first = commit(member, 1)
    end = time.monotonic() + SETTLE_S
    while first != "NONE" and time.monotonic() < end:
        first = commit(member, 1)
        time.sleep(0.2)
    sent.send_until_quiet()
    tell("full", acknowledged=len(sent.acknowledged), waiting=sent.waiting, first=first,
         commit=commit(member, 2), committed=committed(member), **check(address, sent))
    # Half of one partition goes.
    ends = [offset for partition, offset in sent.acknowledged.values() if partition == 0]
    place = TopicPartition(TOPIC, 0, max(ends) // 2)
    admin.delete_records([place])[place].result(30)
    left = sent.producer.flush(SETTLE_S)
    last = commit(member, 3)
    tell("room", acknowledged=len(sent.acknowledged), waiting=left, commit=last,
         committed=committed(member), **check(address, sent))
    sent.send_until_quiet()
    tell("full again", acknowledged=len(sent.acknowledged), waiting=sent.waiting,
         committed=committed(member), **check(address, sent))
    # The broker was killed, and began anew on a disk that has room.
    left = sent.producer.flush(SETTLE_S)
    tell("restarted", acknowledged=len(sent.acknowledged), waiting=left,
         committed=committed(member), **check(address, sent))


if __name__ == "__main__":
    main(*sys.argv[1:])

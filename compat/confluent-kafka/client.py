"""confluent-kafka (librdkafka) as the checks drive it.

One command per process, its result as text on stdout.
"""

import json
import signal
import sys
import time

from confluent_kafka import (
    OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource,
    NewPartitions, NewTopic, ResourceType,
)

TIMEOUT_S = 30


def producer(address, **settings):
    return Producer({"bootstrap.servers": address, "acks": "all", **settings})


def consumer(address, group, **settings):
    return Consumer({
        "bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest",
        "enable.auto.commit": False, **settings,
    })


def send_all(client, topic, values, **settings):
    failures = []

    def delivered(error, _message):
        if error is not None:
            failures.append(str(error))

    for value in values:
        while True:
            try:
                client.produce(topic, value=value, on_delivery=delivered, **settings)
                break
            except BufferError:
                client.poll(0.1)
        client.poll(0)
    left = client.flush(120)
    if left or failures:
        sys.exit(f"{left} not acknowledged, failures: {failures[:3]}")


def read(client, count):
    """The next `count` records of an assigned or subscribed consumer."""
    records = []
    end = time.monotonic() + TIMEOUT_S * 3
    while len(records) < count:
        if time.monotonic() > end:
            sys.exit(f"only {len(records)} of {count} records came")
        for message in client.consume(min(1000, count - len(records)), timeout=1):
            if message.error():
                raise KafkaException(message.error())
            records.append(message)
    return records


def produce_file(address, topic, path):
    """Sends each line as a record, idempotently, to partition 0."""
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")[:-1]
    settings = {"enable.idempotence": True, "linger.ms": 5}
    send_all(producer(address, **settings), topic, lines, partition=0)


def consume_file(address, topic, count, path):
    client = consumer(address, f"lines-{time.time_ns()}")
    client.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    with open(path, "wb") as file:
        for record in read(client, int(count)):
            file.write(record.value() + b"\n")
    client.close()


def codec(address, topic, name, idempotent):
    values = [f"value {i} ".encode() * 20 for i in range(300)]
    settings = {
        "compression.type": name, "enable.idempotence": idempotent == "yes", "linger.ms": 20,
    }
    headers = [("number", b"1")]
    send_all(
        producer(address, **settings), topic, values, key=b"key", headers=headers, partition=0,
    )
    client = consumer(address, f"codec-{topic}")
    client.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    records = read(client, len(values))
    client.close()
    assert [r.value() for r in records] == values
    assert all(r.key() == b"key" and r.headers() == headers for r in records)


def member(address, group, topic, assignor):
    """Joins, prints each value on a line, commits what it printed, leaves at SIGTERM.

    The assignor `consumer` is the broker's: the protocol of KIP-848.
    """
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    settings = {"partition.assignment.strategy": assignor}
    if assignor == "consumer":
        settings = {"group.protocol": "consumer"}
    client = consumer(address, group, **settings)

    def commit(*_):
        try:
            client.commit(asynchronous=False)
        except KafkaException as error:
            # In a rebalance the next commit brings what this one could not; or the next owner
            # gets it again, where the member had lost its partitions and did not know.
            if error.args[0].fatal():
                raise

    client.subscribe([topic], on_revoke=commit)
    while not stopped:
        messages = client.consume(100, timeout=0.2)
        for message in messages:
            if not message.error():
                print(message.value().decode(), flush=True)
        if messages:
            commit()
    client.close()


def offsets(address, topic):
    """offsets_for_times, watermarks, seek, pause and resume, committed offsets."""
    base = int(time.time() * 1000) - 10_000
    client = producer(address)
    for i in range(5):
        client.produce(topic, value=str(i), partition=0, timestamp=base + i * 1000)
    assert client.flush(TIMEOUT_S) == 0
    reader = consumer(address, f"offsets-{topic}")
    partition = TopicPartition(topic, 0)
    assert reader.get_watermark_offsets(partition, timeout=TIMEOUT_S) == (0, 5)

    def at(timestamp):
        asked = [TopicPartition(topic, 0, timestamp)]
        return reader.offsets_for_times(asked, timeout=TIMEOUT_S)[0].offset

    assert at(base + 1500) == 2, at(base + 1500)
    assert at(base) == 0
    assert at(base + 60_000) == -1, at(base + 60_000)

    reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    assert [r.offset() for r in read(reader, 5)] == [0, 1, 2, 3, 4]
    reader.seek(TopicPartition(topic, 0, 3))
    assert [r.offset() for r in read(reader, 2)] == [3, 4]
    reader.pause([partition])
    client.produce(topic, value="while paused", partition=0)
    assert client.flush(TIMEOUT_S) == 0
    assert reader.poll(1.0) is None
    reader.resume([partition])
    assert read(reader, 1)[0].value() == b"while paused"
    reader.commit(offsets=[TopicPartition(topic, 0, 4)], asynchronous=False)
    assert reader.committed([partition], timeout=TIMEOUT_S)[0].offset == 4
    reader.close()


def admin(address, topic):
    client = AdminClient({"bootstrap.servers": address})

    def each(futures):
        return {key: future.result(TIMEOUT_S) for key, future in futures.items()}

    each(client.create_topics([NewTopic(topic, 2, 1, config={"retention.ms": "123456"})]))
    try:
        each(client.create_topics([NewTopic(topic, 2, 1)]))
        sys.exit("a topic was created twice")
    except KafkaException as error:
        assert error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS, error
    each(client.create_partitions([NewPartitions(topic, 4)]))
    metadata = client.list_topics(topic, timeout=TIMEOUT_S)
    assert len(metadata.topics[topic].partitions) == 4

    def retention():
        described = each(client.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]))
        return list(described.values())[0]["retention.ms"].value

    assert retention() == "123456"
    entry = ConfigEntry("retention.ms", "654321", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    each(client.incremental_alter_configs([resource]))
    assert retention() == "654321"

    send_all(producer(address), topic, [b"a", b"b", b"c"], partition=1)
    each(client.delete_records([TopicPartition(topic, 1, 2)]))
    reader = consumer(address, f"admin-{topic}")
    assert reader.get_watermark_offsets(TopicPartition(topic, 1), timeout=TIMEOUT_S) == (2, 3)
    reader.commit(offsets=[TopicPartition(topic, 1, 3)], asynchronous=False)
    reader.close()
    groups = client.list_consumer_groups().result(TIMEOUT_S).valid
    assert f"admin-{topic}" in [group.group_id for group in groups]
    described = each(client.describe_consumer_groups([f"admin-{topic}"]))
    assert described[f"admin-{topic}"].state.name == "EMPTY", described
    each(client.delete_consumer_groups([f"admin-{topic}"]))
    each(client.delete_topics([topic]))
    end = time.monotonic() + 10
    while topic in client.list_topics(timeout=TIMEOUT_S).topics:
        assert time.monotonic() < end, "the deleted topic is still listed"
        time.sleep(0.1)
    cluster = client.describe_cluster().result(TIMEOUT_S)
    print(json.dumps({"cluster": cluster.cluster_id, "nodes": len(cluster.nodes)}))


COMMANDS = {
    "produce-file": produce_file, "consume-file": consume_file, "codec": codec, "member": member,
    "offsets": offsets, "admin": admin,
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])

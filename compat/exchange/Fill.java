// Fills a broker with everything that a data directory can hold.
//
//   Fill ADDRESS BASE_MS create       topics with their settings, and round 0
//   Fill ADDRESS BASE_MS kafka-only   what Apache Kafka alone can be told so far
//   Fill ADDRESS BASE_MS more ROUND   more records, offsets and transactions

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public final class Fill {
    static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
    /** Segments of a megabyte are the least that Kafka allows; a full index ends one sooner. */
    static final Map<String, String> SMALL_SEGMENTS =
        Map.of("segment.index.bytes", "48", "index.interval.bytes", "200");
    private final Clients clients;
    private final long baseMs;

    private Fill(Clients clients, long baseMs) {
        this.clients = clients;
        this.baseMs = baseMs;
    }

    public static void main(String[] args) throws Exception {
        Fill fill = new Fill(new Clients(args[0]), Long.parseLong(args[1]));
        switch (args[2]) {
            case "create" -> fill.create();
            case "kafka-only" -> fill.kafkaOnly();
            default -> fill.more(Integer.parseInt(args[3]));
        }
        System.out.println("done");
        // Transactions that are open stay so: nobody closes their producers.
        Runtime.getRuntime().halt(0);
    }

    private void create() throws Exception {
        try (Admin admin = clients.admin()) {
            createTopics(admin);
            more(0);
            configure(admin);
            Clients.await(admin.createPartitions(
                Map.of("grown", NewPartitions.increaseTo(3))).all());
            write("grown", 2, 0, 50, "none");
            Clients.await(admin.deleteRecords(Map.of(
                new TopicPartition("shortened", 0), RecordsToDelete.beforeOffset(57))).all());
            Clients.await(admin.deleteTopics(List.of("deleted")).all());
        }
    }

    private void kafkaOnly() throws Exception {
        try (Admin admin = clients.admin()) {
            secure(admin);
            Clients.await(admin.incrementalAlterConfigs(Map.of(
                new ConfigResource(ConfigResource.Type.GROUP, "share-group"),
                List.of(set("share.auto.offset.reset", "earliest")))).all());
        }
        subscribe("consumer-group", "group.protocol", "consumer");
        share();
    }

    private void createTopics(Admin admin) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (String codec : CODECS) topics.add(topic("codec-" + codec, 1, Map.of()));
        topics.add(topic("plain", 3, Map.of()));
        topics.add(topic("dotted.name_" + "x".repeat(200), 1, Map.of()));
        topics.add(topic("empty", 2, Map.of()));
        topics.add(topic("grown", 1, Map.of()));
        topics.add(topic("shortened", 1, SMALL_SEGMENTS));
        topics.add(topic("deleted", 1, Map.of()));
        topics.add(topic("transactions", 2, Map.of()));
        topics.add(topic("committed-later", 1, Map.of()));
        topics.add(topic("segments", 1, SMALL_SEGMENTS));
        topics.add(topic("transacted-segments", 1, SMALL_SEGMENTS));
        topics.add(topic("recompressed", 1, Map.of("compression.type", "zstd")));
        topics.add(topic("append-time", 1, Map.of("message.timestamp.type", "LogAppendTime")));
        // What is in it for a day stays as it is.
        Map<String, String> compacted = new HashMap<>(SMALL_SEGMENTS);
        compacted.put("cleanup.policy", "compact");
        compacted.put("min.compaction.lag.ms", "86400000");
        topics.add(topic("compacted-later", 1, Map.copyOf(compacted)));
        compacted.put("min.compaction.lag.ms", "0");
        compacted.put("min.cleanable.dirty.ratio", "0.01");
        topics.add(topic("compacted", 1, compacted));
        topics.add(topic("configured", 1, Map.of(
            "retention.ms", "777600000", "max.message.bytes", "70000", "flush.messages", "10",
            "cleanup.policy", "compact,delete", "min.insync.replicas", "1")));
        Clients.await(admin.createTopics(topics).all());
    }

    private static NewTopic topic(String name, int partitions, Map<String, String> configs) {
        return new NewTopic(name, partitions, (short) 1).configs(configs);
    }

    private void configure(Admin admin) throws Exception {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        changes.put(new ConfigResource(ConfigResource.Type.TOPIC, "configured"), List.of(
            set("retention.bytes", "123456789"), unset("flush.messages")));
        changes.put(new ConfigResource(ConfigResource.Type.BROKER, ""), List.of(
            set("message.max.bytes", "2000000")));
        changes.put(new ConfigResource(ConfigResource.Type.BROKER, "1"), List.of(
            set("num.io.threads", "9")));
        changes.put(new ConfigResource(ConfigResource.Type.GROUP, "some-group"), List.of(
            set("consumer.session.timeout.ms", "50000")));
        changes.put(new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "watched"), List.of(
            set("interval.ms", "60000")));
        Clients.await(admin.incrementalAlterConfigs(changes).all());
    }

    private static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }

    private static AlterConfigOp unset(String name) {
        return new AlterConfigOp(new ConfigEntry(name, null), AlterConfigOp.OpType.DELETE);
    }

    private void secure(Admin admin) throws Exception {
        Clients.await(admin.alterUserScramCredentials(List.of(
            new UserScramCredentialUpsertion("gregor",
                new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096),
                "beetle".getBytes(UTF_8), "salt".getBytes(UTF_8)),
            new UserScramCredentialUpsertion("grete",
                new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192),
                "violin".getBytes(UTF_8), "pepper".getBytes(UTF_8)))).all());
        Map<String, String> ofAnyClient = new HashMap<>(Map.of("user", "gregor"));
        ofAnyClient.put("client-id", null);
        Clients.await(admin.alterClientQuotas(List.of(
            quota(Map.of("user", "gregor"), "producer_byte_rate", 1e6),
            quota(Map.of("user", "gregor", "client-id", "app"), "request_percentage", 50.5),
            quota(ofAnyClient, "consumer_byte_rate", 2e6),
            quota(Map.of("ip", "10.0.0.1"), "connection_creation_rate", 10.0))).all());
        ResourcePattern orders =
            new ResourcePattern(ResourceType.TOPIC, "orders", PatternType.PREFIXED);
        ResourcePattern cluster =
            new ResourcePattern(ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL);
        Clients.await(admin.createAcls(List.of(
            new AclBinding(orders, new AccessControlEntry(
                "User:gregor", "10.0.0.1", AclOperation.READ, AclPermissionType.DENY)),
            new AclBinding(cluster, new AccessControlEntry(
                "User:grete", "*", AclOperation.ALTER, AclPermissionType.ALLOW)))).all());
    }

    private static ClientQuotaAlteration quota(
        Map<String, String> entity, String key, double value) {
        return new ClientQuotaAlteration(
            new ClientQuotaEntity(entity), List.of(new ClientQuotaAlteration.Op(key, value)));
    }

    private void more(int round) throws Exception {
        for (int partition = 0; partition < 3; partition++) {
            write("plain", partition, round, 200, "none");
        }
        for (String codec : CODECS) write("codec-" + codec, 0, round, 200, codec);
        write("dotted.name_" + "x".repeat(200), 0, round, 20, "none");
        write("grown", 0, round, 20, "lz4");
        for (String topic : List.of("shortened", "segments")) write(topic, 0, round, 300, "none");
        write("recompressed", 0, round, 100, "gzip");
        write("append-time", 0, round, 100, "snappy");
        for (String topic : List.of("compacted-later", "compacted", "configured")) {
            write(topic, 0, round, 200, "none");
        }
        if (round == 0) write("deleted", 0, round, 10, "none");
        transact(round);
        assign("assigned-group", round);
        subscribe("classic-group", "group.protocol", "classic");
    }

    /**
     * Some records have headers, no key, no value, or are empty; a few are large. One request at a
     * time: see FINDINGS.md on the first batches of a partition.
     */
    private void write(String topic, int partition, int round, int count, String codec)
        throws Exception {
        Random random = new Random((topic + partition + round).hashCode());
        try (KafkaProducer<byte[], byte[]> producer = clients.producer("acks", "all",
            "compression.type", codec, "linger.ms", "5", "batch.size", 2000,
            "max.in.flight.requests.per.connection", "1", "client.id", "writer")) {
            List<Future<?>> sent = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(made(topic, partition, round, i, random)));
                if (i % 40 == 39) producer.flush();
            }
            for (Future<?> one : sent) one.get();
        }
    }

    private ProducerRecord<byte[], byte[]> made(
        String topic, int partition, int round, int i, Random random) {
        byte[] value = new byte[i % 50 == 0 ? 3000 : random.nextInt(120)];
        random.nextBytes(value);
        boolean isCompacted = topic.startsWith("compacted") || topic.equals("configured");
        boolean hasKey = isCompacted || i % 7 != 0;
        byte[] key = hasKey ? ("key " + random.nextInt(40)).getBytes(UTF_8) : null;
        // Not in order: a later one may be older.
        long timestampMs = baseMs + round * 100_000L + (i ^ 5) * 100L;
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
            topic, partition, timestampMs, key, i % 11 == 0 ? null : value);
        if (i % 5 == 0) record.headers().add("round", new byte[] {(byte) round}).add("none", null);
        return record;
    }

    private void transact(int round) throws Exception {
        for (int i = 0; i < 5; i++) {
            boolean isAborted = i % 2 == 1;
            KafkaProducer<byte[], byte[]> producer = begun("transaction-" + i);
            for (int j = 0; j < 20; j++) {
                for (int partition = 0; partition < 2; partition++) {
                    producer.send(inTransaction("transactions", partition, round, i, j));
                }
                producer.send(inTransaction("transacted-segments", 0, round, i, j));
                if (j % 5 == 4) producer.flush();
            }
            String end = isAborted ? "aborted" : "committed";
            commitWith(producer, "transactional-group-" + end, round);
            if (isAborted) producer.abortTransaction();
            else producer.commitTransaction();
            producer.close();
        }
        // One of the last round is ended by its next producer, and a new one is left open.
        if (round == 0) leaveOpen("open-for-ever", "transactions", 1, round);
        leaveOpen("open-" + round, "transactions", 1, round);
        // The next broker is told to commit it, by nobody's producer.
        leaveOpen("later-" + round, "committed-later", 0, round);
        if (round > 0) {
            KafkaProducer<byte[], byte[]> producer = begun("open-" + (round - 1));
            producer.send(inTransaction("transactions", 0, round, 90, 0));
            producer.commitTransaction();
            producer.close();
        }
    }

    private void leaveOpen(String id, String topic, int partition, int round) throws Exception {
        KafkaProducer<byte[], byte[]> producer = begun(id);
        for (int j = 0; j < 3; j++) producer.send(inTransaction(topic, partition, round, 91, j));
        boolean isLater = topic.equals("committed-later");
        commitWith(producer, "transactional-group-" + (isLater ? "later" : "open"), round);
        producer.flush();
    }

    private KafkaProducer<byte[], byte[]> begun(String id) {
        KafkaProducer<byte[], byte[]> producer = clients.producer(
            "transactional.id", id, "transaction.timeout.ms", "900000", "linger.ms", "0",
            "max.in.flight.requests.per.connection", "1");
        producer.initTransactions();
        producer.beginTransaction();
        return producer;
    }

    private ProducerRecord<byte[], byte[]> inTransaction(
        String topic, int partition, int round, int i, int j) {
        String text = "round " + round + " transaction " + i + " record " + j;
        return new ProducerRecord<>(topic, partition, baseMs + round * 100_000L + j * 100L,
            ("key " + j).getBytes(UTF_8), text.getBytes(UTF_8));
    }

    @SuppressWarnings("removal")
    private void commitWith(KafkaProducer<byte[], byte[]> producer, String group, int round) {
        producer.sendOffsetsToTransaction(
            Map.of(new TopicPartition("plain", 0),
                new OffsetAndMetadata(round * 10 + 7, "in a transaction")),
            new ConsumerGroupMetadata(group));
    }

    private void assign(String group, int round) {
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer("group.id", group)) {
            consumer.commitSync(Map.of(
                new TopicPartition("plain", 0),
                new OffsetAndMetadata(round * 10 + 1, "round " + round),
                new TopicPartition("plain", 1), new OffsetAndMetadata(round * 10 + 2),
                new TopicPartition("transactions", 0),
                new OffsetAndMetadata(round * 10 + 3, "ünï")));
        }
    }

    private void subscribe(String group, Object... settings) {
        List<Object> all = new ArrayList<>(List.of("group.id", group,
            "auto.offset.reset", "earliest", "enable.auto.commit", "false",
            "max.poll.records", "70"));
        all.addAll(List.of(settings));
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(all.toArray())) {
            consumer.subscribe(List.of("plain", "segments"));
            long endMs = System.currentTimeMillis() + 30_000;
            while (consumer.poll(Duration.ofMillis(500)).isEmpty()) {
                if (System.currentTimeMillis() > endMs) throw new IllegalStateException(group);
            }
            consumer.commitSync();
        }
    }

    private void share() {
        try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(
            Map.of("bootstrap.servers", clients.address, "group.id", "share-group"),
            new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("plain"));
            for (int i = 0; i < 4; i++) consumer.poll(Duration.ofMillis(500));
            consumer.commitSync();
        }
    }
}

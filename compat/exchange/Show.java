// Prints everything that clients can see of a broker's data, in lines that are the same for the
// same data.
//
//   Show ADDRESS BASE_MS [kafka-only]
//
// `kafka-only` adds what Apache Kafka alone can be asked for so far.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.quota.ClientQuotaFilter;

public final class Show {
    private static final PrintStream OUT = new PrintStream(System.out, false, UTF_8);
    private static final long[] TIMES_MS =
        {-1, 0, 450, 3333, 12_000, 100_000, 119_900, 205_050, 1_000_000};
    private final Clients clients;
    private final long baseMs;
    private final Admin admin;

    private Show(Clients clients, long baseMs) {
        this.clients = clients;
        this.baseMs = baseMs;
        this.admin = clients.admin();
    }

    public static void main(String[] args) throws Exception {
        Show show = new Show(new Clients(args[0]), Long.parseLong(args[1]));
        show.cluster();
        List<TopicPartition> partitions = show.topics();
        show.configs();
        show.offsets(partitions);
        for (IsolationLevel level : IsolationLevel.values()) show.records(partitions, level);
        show.producers(partitions);
        show.transactions();
        show.groups();
        if (Arrays.asList(args).contains("kafka-only")) show.kafkaOnly();
        OUT.flush();
        Runtime.getRuntime().halt(0);
    }

    private void cluster() throws Exception {
        line("cluster", Clients.await(admin.describeCluster().clusterId()));
        new TreeMap<>(Clients.await(admin.describeFeatures().featureMetadata()).finalizedFeatures())
            .forEach((name, range) -> line("feature", name, range.maxVersionLevel()));
    }

    private List<TopicPartition> topics() throws Exception {
        List<TopicPartition> partitions = new ArrayList<>();
        var names = Clients.await(
            admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
        Map<String, TopicDescription> topics =
            new TreeMap<>(Clients.await(admin.describeTopics(names).allTopicNames()));
        topics.forEach((name, topic) -> {
            line("topic", name, topic.topicId(), topic.partitions().size(), topic.isInternal());
            topic.partitions().forEach((partition) -> line("partition", name, partition.partition(),
                partition.leader().id(), partition.replicas().size(), partition.isr().size()));
            if (topic.isInternal()) return;
            topic.partitions().forEach((partition) ->
                partitions.add(new TopicPartition(name, partition.partition())));
        });
        return partitions;
    }

    private void configs() throws Exception {
        List<ConfigResource> resources = new ArrayList<>();
        for (String name : new TreeSet<>(Clients.await(admin.listTopics().names()))) {
            resources.add(new ConfigResource(ConfigResource.Type.TOPIC, name));
        }
        resources.add(new ConfigResource(ConfigResource.Type.BROKER, ""));
        resources.add(new ConfigResource(ConfigResource.Type.BROKER, "1"));
        resources.add(new ConfigResource(ConfigResource.Type.GROUP, "some-group"));
        resources.add(new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "watched"));
        var described = Clients.await(admin.describeConfigs(resources).all());
        for (ConfigResource resource : resources) {
            Map<String, ConfigEntry> entries = new TreeMap<>();
            described.get(resource).entries().forEach((entry) -> entries.put(entry.name(), entry));
            entries.forEach((name, entry) -> {
                if (!entry.source().name().startsWith("DYNAMIC")) return;
                line("config", resource.type(), resource.name(), name, entry.value(),
                    entry.source());
            });
        }
    }

    private void offsets(List<TopicPartition> partitions) throws Exception {
        Map<String, OffsetSpec> specs = new TreeMap<>(Map.of(
            "earliest", OffsetSpec.earliest(), "latest", OffsetSpec.latest(),
            "max-timestamp", OffsetSpec.maxTimestamp(),
            "earliest-local", OffsetSpec.earliestLocal()));
        for (long ms : TIMES_MS) {
            specs.put("base+" + ms, OffsetSpec.forTimestamp(baseMs + ms));
        }
        Map<TopicPartition, ListOffsetsResultInfo> ends = listed(
            partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
        for (IsolationLevel level : IsolationLevel.values()) {
            for (var spec : specs.entrySet()) {
                var found = listed(partitions, spec.getValue(), level);
                for (TopicPartition partition : partitions) {
                    ListOffsetsResultInfo info = found.get(partition);
                    // At the end it is the epoch of the leader, another with every start.
                    boolean isEnd = spec.getKey().equals("latest")
                        || info.offset() == ends.get(partition).offset();
                    // What is left of these is up to the cleaner, but not where they begin.
                    boolean isStart = spec.getKey().startsWith("earliest");
                    if (isCompacted(partition) && !isEnd && !isStart) continue;
                    // Kafka looks into segments before the start of the log until they are removed.
                    boolean isByTime = spec.getKey().startsWith("base");
                    if (isByTime && partition.topic().equals("shortened")) continue;
                    line("offset", level, partition, spec.getKey(), info.offset(), info.timestamp(),
                        isEnd ? "" : info.leaderEpoch().orElse(-1));
                }
            }
        }
    }

    private static boolean isCompacted(TopicPartition partition) {
        return partition.topic().equals("compacted");
    }

    private Map<TopicPartition, ListOffsetsResultInfo> listed(
        List<TopicPartition> partitions, OffsetSpec spec, IsolationLevel level) throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions.forEach((partition) -> asked.put(partition, spec));
        return Clients.await(admin.listOffsets(asked, new ListOffsetsOptions(level)).all());
    }

    private void records(List<TopicPartition> partitions, IsolationLevel level) throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(
            "isolation.level", level.toString().toLowerCase(), "enable.auto.commit", "false")) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, Map<String, String>> newest = new HashMap<>();
            long giveUpMs = System.currentTimeMillis() + 40_000;
            while (!partitions.stream().allMatch((p) -> consumer.position(p) >= ends.get(p))) {
                if (System.currentTimeMillis() > giveUpMs) {
                    line("records", level, "not all could be read");
                    break;
                }
                for (ConsumerRecord<byte[], byte[]> one : consumer.poll(Duration.ofMillis(200))) {
                    TopicPartition partition = new TopicPartition(one.topic(), one.partition());
                    if (isCompacted(partition)) {
                        newest.computeIfAbsent(partition, (p) -> new TreeMap<>())
                            .put(new String(one.key(), UTF_8), text(one));
                    } else {
                        line("record", level, partition, text(one));
                    }
                }
            }
            newest.forEach((partition, records) -> records.forEach((key, text) -> {
                // Of a tombstone too, for a while.
                if (!text.endsWith(" null")) line("newest", level, partition, key, text);
            }));
        }
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder headers = new StringBuilder();
        for (Header header : record.headers()) {
            headers.append(header.key()).append('=').append(digest(header.value())).append(',');
        }
        return String.join(" ", String.valueOf(record.offset()), String.valueOf(record.timestamp()),
            record.timestampType().name, String.valueOf(record.leaderEpoch().orElse(-1)),
            headers.toString(), digest(record.key()), digest(record.value()));
    }

    private static String digest(byte[] bytes) {
        if (bytes == null) return "null";
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return bytes.length + ":" + Base64.getEncoder().encodeToString(Arrays.copyOf(hash, 6));
        } catch (java.security.NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    private void producers(List<TopicPartition> partitions) throws Exception {
        var described = Clients.await(admin.describeProducers(partitions).all());
        for (TopicPartition partition : partitions) {
            Map<Long, ProducerState> states = new TreeMap<>();
            described.get(partition).activeProducers()
                .forEach((state) -> states.put(state.producerId(), state));
            states.values().forEach((state) -> line("producer", partition, state.producerId(),
                state.producerEpoch(), state.lastSequence(), state.lastTimestamp(),
                state.coordinatorEpoch().orElse(-1),
                state.currentTransactionStartOffset().orElse(-1)));
        }
    }

    private void transactions() throws Exception {
        Map<String, TransactionListing> listed = new TreeMap<>();
        for (TransactionListing one : Clients.await(admin.listTransactions().all())) {
            listed.put(one.transactionalId(), one);
        }
        Map<String, TransactionDescription> all =
            Clients.await(admin.describeTransactions(listed.keySet()).all());
        for (String id : listed.keySet()) {
            TransactionDescription one = all.get(id);
            line("transaction", id, one.state(), one.producerId(), one.producerEpoch(),
                one.transactionTimeoutMs(), one.transactionStartTimeMs().orElse(-1),
                new TreeSet<>(one.topicPartitions().stream().map(String::valueOf).toList()));
        }
    }

    private void groups() throws Exception {
        Map<String, GroupListing> groups = new TreeMap<>();
        for (GroupListing one : Clients.await(admin.listGroups(new ListGroupsOptions()).all())) {
            groups.put(one.groupId(), one);
        }
        for (GroupListing one : groups.values()) {
            line("group", one.groupId(), one.type().map(String::valueOf).orElse(""), one.protocol(),
                one.groupState().map(String::valueOf).orElse(""));
            if (one.groupId().equals("share-group")) continue;
            Map<String, OffsetAndMetadata> offsets = new TreeMap<>();
            Clients.await(
                admin.listConsumerGroupOffsets(one.groupId()).partitionsToOffsetAndMetadata())
                .forEach((partition, offset) -> offsets.put(partition.toString(), offset));
            offsets.forEach((partition, offset) -> line("committed", one.groupId(), partition,
                offset.offset(), offset.leaderEpoch().orElse(-1), offset.metadata()));
        }
    }

    private void kafkaOnly() throws Exception {
        TreeSet<String> lines = new TreeSet<>();
        Clients.await(admin.describeUserScramCredentials().all())
            .forEach((user, scram) -> lines.add("scram " + user + " " + scram.credentialInfos()));
        Clients.await(admin.describeClientQuotas(ClientQuotaFilter.all()).entities())
            .forEach((entity, quotas) -> lines.add(
                "quota " + new TreeMap<>(entity.entries()) + " " + new TreeMap<>(quotas)));
        Clients.await(admin.describeAcls(AclBindingFilter.ANY).values())
            .forEach((acl) -> lines.add("acl " + acl));
        lines.forEach(OUT::println);
        var groups = Clients.await(admin.describeShareGroups(List.of("share-group")).all());
        groups.forEach((id, group) -> line("share-group", id, group.groupState()));
        Clients.await(admin.listShareGroupOffsets(Map.of("share-group",
            new org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec())).all())
            .forEach((id, offsets) -> line("share-offsets", id, new TreeMap<>(strings(offsets))));
    }

    private static Map<String, String> strings(Map<?, ?> map) {
        Map<String, String> all = new HashMap<>();
        map.forEach((key, value) -> all.put(String.valueOf(key), String.valueOf(value)));
        return all;
    }

    private static void line(Object... parts) {
        OUT.println(String.join(" ", Arrays.stream(parts).map(String::valueOf).toList()));
    }
}

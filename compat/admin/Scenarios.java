// Settings of every kind of resource, changes of dynamic ones, and new topics and partitions, as
// Kafka's Admin client sees them: a line for each answer. `Scenarios ADDRESS PART`.

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;

public final class Scenarios {
    /** What each installation is started with: names and types alone are compared. */
    private static final Set<String> GIVEN = Set.of(
        "advertised.listeners", "broker.id", "controller.listener.names",
        "controller.quorum.voters", "group.initial.rebalance.delay.ms", "listeners", "log.dirs",
        "log.dir", "node.id", "offsets.topic.replication.factor", "process.roles",
        "share.coordinator.state.topic.min.isr",
        "share.coordinator.state.topic.replication.factor",
        "transaction.state.log.min.isr", "transaction.state.log.replication.factor");
    private static final Map<Type, String> NAMES = Map.of(
        Type.TOPIC, "described", Type.BROKER, "1", Type.GROUP, "described",
        Type.CLIENT_METRICS, "described");
    /** Changes of these are about the node's own address: see `Reconfigurations.java`. */
    private static final Set<String> UNCHANGED = Set.of(
        "listeners", "listener.security.protocol.map");

    private final Admin admin;

    private Scenarios(Admin admin) {
        this.admin = admin;
    }

    public static void main(String[] args) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            Scenarios scenarios = new Scenarios(admin);
            switch (args[1]) {
                case "described" -> scenarios.described();
                case "dynamic" -> scenarios.dynamic();
                default -> scenarios.topics();
            }
        }
    }

    private static void say(String line) {
        System.out.println(line);
    }

    private static String errorOf(KafkaFuture<?> future) throws InterruptedException {
        try {
            future.get();
            return "done";
        } catch (ExecutionException e) {
            return e.getCause().getClass().getSimpleName() + ": " + e.getCause().getMessage();
        }
    }

    private List<ConfigEntry> entriesOf(ConfigResource resource) throws Exception {
        DescribeConfigsOptions options =
            new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        return new ArrayList<>(
            admin.describeConfigs(List.of(resource), options).all().get().get(resource).entries());
    }

    private static String shown(ConfigEntry entry) {
        String head = entry.name() + " " + entry.type()
            + (entry.isSensitive() ? " sensitive" : "") + (entry.isReadOnly() ? " fixed" : "")
            + (entry.documentation() == null ? " undocumented" : "");
        if (GIVEN.contains(entry.name())) return head;
        String synonyms = entry.synonyms().stream()
            .map(one -> one.name() + "=" + one.value() + "@" + one.source())
            .collect(Collectors.joining(", "));
        return head + " " + entry.value() + "@" + entry.source() + " [" + synonyms + "]";
    }

    private void described() throws Exception {
        say("topic " + errorOf(admin.createTopics(List.of(new NewTopic("described", 1, (short) 1)))
            .all()));
        for (Type type : List.of(Type.TOPIC, Type.BROKER, Type.GROUP, Type.CLIENT_METRICS)) {
            say("# " + type);
            for (ConfigEntry entry : entriesOf(new ConfigResource(type, NAMES.get(type)))) {
                say(shown(entry));
            }
        }
        for (String name : List.of("", "7", "x")) {
            for (Type type : List.of(Type.BROKER, Type.TOPIC, Type.GROUP, Type.CLIENT_METRICS)) {
                ConfigResource resource = new ConfigResource(type, name);
                say(type + " '" + name + "': "
                    + (type == Type.BROKER && !name.isEmpty() ? "of nobody"
                        : errorOf(admin.describeConfigs(List.of(resource)).all())));
            }
        }
    }

    private String alter(ConfigResource resource, String name, String value, boolean isCheck)
        throws Exception {
        AlterConfigOp op = new AlterConfigOp(new ConfigEntry(name, value),
            value == null ? OpType.DELETE : OpType.SET);
        return errorOf(admin.incrementalAlterConfigs(Map.of(resource, List.of(op)),
            new AlterConfigsOptions().validateOnly(isCheck)).all());
    }

    private static String valueFor(ConfigEntry entry) {
        if (entry.value() != null && !entry.value().isEmpty()) return entry.value();
        return switch (entry.type()) {
            case BOOLEAN -> "true";
            case INT, LONG, SHORT -> "3600000";
            case DOUBLE -> "0.5";
            default -> entry.name().equals("cordoned.log.dirs") ? "*" : "x";
        };
    }

    /** Brokers take over changes in time: again until it is there, or not there any more. */
    private String settled(ConfigResource resource, String name, boolean isThere)
        throws Exception {
        String shown = "absent";
        for (int attempt = 0; attempt < 60; attempt++) {
            Optional<ConfigEntry> found = entriesOf(resource).stream()
                .filter(entry -> entry.name().equals(name)).findFirst();
            shown = found.map(Scenarios::shown).orElse("absent");
            boolean isTaken = found.isEmpty() || found.get().synonyms().isEmpty()
                || Objects.equals(found.get().value(), found.get().synonyms().get(0).value());
            if (isTaken && shown.contains("@DYNAMIC") == isThere) break;
            Thread.sleep(50);
        }
        return shown;
    }

    private void dynamic() throws Exception {
        ConfigResource one = new ConfigResource(Type.BROKER, "1");
        ConfigResource all = new ConfigResource(Type.BROKER, "");
        TreeMap<String, ConfigEntry> entries = new TreeMap<>();
        for (ConfigEntry entry : entriesOf(one)) entries.put(entry.name(), entry);
        for (ConfigEntry entry : entries.values()) {
            String name = entry.name();
            if (UNCHANGED.contains(name)) continue;
            for (ConfigResource resource : List.of(one, all)) {
                String who = name + (resource == one ? " of broker 1" : " of all brokers");
                boolean isCheck = entry.isReadOnly() || entry.isSensitive()
                    || name.startsWith("ssl.") || name.startsWith("sasl.")
                    || Set.of("min.insync.replicas", "principal.builder.class").contains(name);
                String value = GIVEN.contains(name) ? "1" : valueFor(entry);
                String answer = alter(resource, name, value, isCheck);
                say(who + " = " + value + (isCheck ? ", checked" : "") + ": " + answer);
                if (isCheck) continue;
                say("  " + settled(one, name, answer.equals("done")));
                say("  wrong: " + alter(resource, name, wrongFor(entry), true));
                say("  taken back: " + alter(resource, name, null, false));
                settled(one, name, false);
            }
        }
        say("all again: " + entriesOf(one).stream().filter(entry -> !entry.isDefault())
            .map(ConfigEntry::name).filter(name -> !GIVEN.contains(name)).sorted().toList());
        for (String name : List.of("leader.replication.throttled.rate", "no.such.setting",
            "listener.name.external.ssl.keystore.location",
            "listener.name.external.max.connections", "unclean.leader.election.enable.")) {
            for (String value : List.of("1000", "x", "-1")) {
                for (ConfigResource resource : List.of(one, all)) {
                    say(name + "=" + value + " '" + resource.name() + "': "
                        + alter(resource, name, value, true));
                }
            }
        }
    }

    private static String wrongFor(ConfigEntry entry) {
        return switch (entry.type()) {
            case INT, LONG, SHORT, DOUBLE -> "-1000000";
            case BOOLEAN -> "maybe";
            default -> "no such value";
        };
    }

    private void create(String what, NewTopic... topics) throws Exception {
        for (boolean isCheck : new boolean[] {true, false}) {
            CreateTopicsResult result = admin.createTopics(List.of(topics),
                new CreateTopicsOptions().validateOnly(isCheck).timeoutMs(20_000));
            TreeMap<String, KafkaFuture<Void>> futures = new TreeMap<>(result.values());
            for (Map.Entry<String, KafkaFuture<Void>> one : futures.entrySet()) {
                String shown = one.getKey().length() > 60
                    ? one.getKey().length() + " long" : one.getKey();
                String error = errorOf(one.getValue()).replace(one.getKey(), shown);
                say(what + (isCheck ? ", checked" : "") + " '" + shown + "': " + error);
                if (!error.equals("done") || isCheck) continue;
                say("  " + result.numPartitions(one.getKey()).get() + " partitions, "
                    + result.replicationFactor(one.getKey()).get() + " replicas, "
                    + result.config(one.getKey()).get().entries().stream()
                        .filter(entry -> !entry.isDefault()).map(entry ->
                            entry.name() + "=" + entry.value() + "@" + entry.source()).toList());
            }
        }
    }

    private static NewTopic topic(String name, int partitions, int factor) {
        return new NewTopic(name, partitions, (short) factor);
    }

    private static NewTopic assigned(String name, List<List<Integer>> replicas) {
        Map<Integer, List<Integer>> byPartition = new HashMap<>();
        for (int i = 0; i < replicas.size(); i++) byPartition.put(i, replicas.get(i));
        return new NewTopic(name, byPartition);
    }

    private static NewTopic with(String name, String config, String value) {
        Map<String, String> configs = new HashMap<>();
        configs.put(config, value);
        return topic(name, 1, 1).configs(configs);
    }

    private void topics() throws Exception {
        create("plain", topic("plain", 2, 1));
        create("there already", topic("plain", 2, 1));
        create("of defaults", new NewTopic("defaults", Optional.empty(), Optional.empty()));
        for (String name : List.of("", ".", "..", "a b", "a/b", "ü", "a".repeat(249),
            "a".repeat(250), "__consumer_offsets", "__cluster_metadata", "__transaction_state")) {
            create("name", topic(name, 1, 1));
        }
        create("dot", topic("col.liding", 1, 1));
        create("underscore", topic("col_liding", 1, 1));
        create("both", topic("two.alike", 1, 1), topic("two_alike", 1, 1));
        for (int partitions : new int[] {0, -1, -2}) {
            create(partitions + " partitions", topic("p" + -partitions, partitions, 1));
        }
        for (int factor : new int[] {0, -1, -2, 2}) {
            create(factor + " replicas", topic("r" + factor, 1, factor));
        }
        create("assigned", assigned("assigned", List.of(List.of(1), List.of(1))));
        create("to nobody", assigned("a0", List.of(List.of())));
        create("to somebody else", assigned("a1", List.of(List.of(7))));
        create("twice", assigned("a2", List.of(List.of(1, 1))));
        create("of two sizes", assigned("a3", List.of(List.of(1), List.of(1, 7))));
        create("to a negative", assigned("a4", List.of(List.of(-1))));
        create("with a gap", new NewTopic("a5", Map.of(0, List.of(1), 2, List.of(1))));
        create("not from 0", new NewTopic("a6", Map.of(1, List.of(1))));
        create("without any", new NewTopic("a7", Map.of()));
        String[][] configs = {
            {"retention.ms", "1000"}, {"retention.ms", "x"}, {"retention.ms", "-2"},
            {"retention.ms", ""}, {"retention.ms", null}, {"cleanup.policy", "compact"},
            {"cleanup.policy", "compact,delete"}, {"cleanup.policy", "shrink"},
            {"cleanup.policy", ""}, {"no.such.config", "1"}, {"segment.bytes", "1"},
            {"min.insync.replicas", "0"}, {"min.insync.replicas", "3"},
            {"compression.type", "brotli"}, {"compression.type", "zstd"},
            {"compression.gzip.level", "0"}, {"compression.gzip.level", "-1"},
            {"compression.lz4.level", "99"}, {"compression.zstd.level", "99"},
            {"max.message.bytes", "-1"}, {"message.timestamp.type", "Never"},
            {"message.timestamp.after.max.ms", "-1"}, {"min.cleanable.dirty.ratio", "2"},
            {"remote.storage.enable", "true"}, {"local.retention.ms", "5"},
            {"local.retention.bytes", "1000000000000"}, {"preallocate", "maybe"},
            {"leader.replication.throttled.replicas", "0:1"},
            {"leader.replication.throttled.replicas", "x"},
            {"unclean.leader.election.enable", "true"}, {"file.delete.delay.ms", "-1"},
            {"max.compaction.lag.ms", "0"}, {"min.compaction.lag.ms", "100"},
            {"errors.deadletterqueue.group.enable", "true"},
        };
        for (int i = 0; i < configs.length; i++) {
            create(configs[i][0] + "=" + configs[i][1],
                with("c" + i, configs[i][0], configs[i][1]));
        }
        Map<String, String> lags =
            Map.of("min.compaction.lag.ms", "10", "max.compaction.lag.ms", "5");
        create("lags the wrong way", topic("lags", 1, 1).configs(lags));
        partitions("plain", NewPartitions.increaseTo(3));
        for (int count : new int[] {3, 2, 0, -1}) {
            partitions("plain", NewPartitions.increaseTo(count));
        }
        partitions("none", NewPartitions.increaseTo(3));
        partitions("__consumer_offsets", NewPartitions.increaseTo(60));
        partitions("plain", NewPartitions.increaseTo(4, List.of(List.of(1))));
        partitions("plain", NewPartitions.increaseTo(6, List.of(List.of(1))));
        partitions("plain", NewPartitions.increaseTo(5, List.of(List.of(1), List.of(1))));
        partitions("plain", NewPartitions.increaseTo(5, List.of(List.of(7))));
        partitions("plain", NewPartitions.increaseTo(5, List.of(List.of())));
        partitions("plain", NewPartitions.increaseTo(5, List.of(List.of(1, 1))));
        partitions("plain", NewPartitions.increaseTo(5, List.of(List.of(1, 7))));
        partitions("plain", NewPartitions.increaseTo(5, List.of()));
    }

    private void partitions(String topic, NewPartitions more) throws Exception {
        for (boolean isCheck : new boolean[] {true, false}) {
            say(topic + " to " + more.totalCount() + " " + more.assignments()
                + (isCheck ? ", checked: " : ": ")
                + errorOf(admin.createPartitions(Map.of(topic, more),
                    new CreatePartitionsOptions().validateOnly(isCheck)).all()));
        }
    }
}

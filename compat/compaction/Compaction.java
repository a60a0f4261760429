// Fills compacted topics, lets a broker clean them, and prints what readers see.
//
//   Compaction ADDRESS BASE_MS LOG_DIRECTORY SEEDS STEP...
//
// Steps: `create`, `feed:ROUND`, `clean` (until the checkpoint of the cleaner stands still, or says
// what `expect:FILE` wants), `expire` (segments of `both` by their time), `show:LABEL`. The same
// seeds give the same batches, so the same offsets and the same segments.

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;

public final class Compaction {
    private static final PrintStream OUT = new PrintStream(System.out, false, UTF_8);
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
    private static final String NEVER = String.valueOf(Long.MAX_VALUE);
    private static final int STILL_MS = 2000;
    private static final long DAY_MS = 86_400_000L;
    private final Clients clients;
    private final long baseMs;
    private final Path directory;
    private final int seeds;
    private final Admin admin;
    private final Map<String, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();

    private Compaction(String[] args) {
        clients = new Clients(args[0]);
        baseMs = Long.parseLong(args[1]);
        directory = Path.of(args[2]);
        seeds = Integer.parseInt(args[3]);
        admin = clients.admin();
    }

    public static void main(String[] args) throws Exception {
        Compaction compaction = new Compaction(args);
        for (int i = 4; i < args.length; i++) {
            String[] step = args[i].split(":", 2);
            switch (step[0]) {
                case "create" -> compaction.create();
                case "feed" -> compaction.feed(Integer.parseInt(step[1]));
                case "clean" -> compaction.clean(null);
                case "expect" -> compaction.clean(Path.of(step[1]));
                case "expire" -> compaction.expire();
                case "show" -> compaction.show(step[1]);
                default -> throw new IllegalArgumentException(args[i]);
            }
        }
        OUT.flush();
        Runtime.getRuntime().halt(0);
    }

    /** What each topic is there for, with its partitions. */
    private static Map<String, Integer> kinds() {
        return new TreeMap<>(Map.of("codecs", CODECS.length, "kept-tombstones", 1, "min-lag", 1,
            "max-lag", 1, "both", 1, "transactions", 2));
    }

    private void create() throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (int seed = 0; seed < seeds; seed++) {
            for (var kind : kinds().entrySet()) {
                topics.add(new NewTopic(kind.getKey() + "." + seed, kind.getValue(), (short) 1)
                    .configs(configs(kind.getKey())));
            }
        }
        Clients.await(admin.createTopics(topics).all());
        Thread.sleep(2000);
    }

    private static Map<String, String> configs(String kind) {
        Map<String, String> all = new HashMap<>(Map.of(
            "cleanup.policy", "compact", "min.cleanable.dirty.ratio", "1.0",
            "delete.retention.ms", "100", "segment.ms", "10000", "file.delete.delay.ms", "1000",
            "index.interval.bytes", "1000"));
        switch (kind) {
            case "kept-tombstones" -> all.put("delete.retention.ms", "86400000");
            case "min-lag" -> all.put("min.compaction.lag.ms", "1800000");
            case "both" -> all.putAll(Map.of("cleanup.policy", "compact,delete",
                "retention.ms", "-1"));
            // Marks have the time of the broker: by time, they would not begin the same segments.
            case "transactions" -> all.putAll(Map.of("segment.ms", String.valueOf(7 * DAY_MS),
                "segment.bytes", "1048576"));
            default -> { }
        }
        return all;
    }

    private void feed(int round) throws Exception {
        for (int seed = 0; seed < seeds; seed++) {
            for (int i = 0; i < CODECS.length; i++) write("codecs", seed, i, round, CODECS[i]);
            for (String kind : List.of("kept-tombstones", "min-lag", "max-lag", "both")) {
                write(kind, seed, 0, round, "none");
            }
            transact(seed, round);
        }
        for (var producer : producers.values()) producer.close();
        producers.clear();
    }

    /** Two producers take turns; what one of them flushes is one batch. */
    private void write(String kind, int seed, int partition, int round, String codec)
        throws Exception {
        String topic = kind + "." + seed;
        Random random = new Random((topic + partition + round).hashCode());
        int left = 250 + random.nextInt(100);
        for (int i = 0; left > 0; i++) {
            var producer = producer(codec, random.nextInt(2));
            int count = Math.min(left, 1 + random.nextInt(12));
            left -= count;
            for (int j = 0; j < count; j++) {
                producer.send(record(topic, partition, timeOf(kind, round, i, random), random));
            }
            producer.flush();
        }
    }

    private long timeOf(String kind, int round, int i, Random random) {
        long timeMs = baseMs + round * 200_000L + i * 2000L + random.nextInt(3000);
        // Too young to be cleaned, from the middle of the second round on.
        if (kind.equals("min-lag") && (round > 1 || round == 1 && i > 20)) return timeMs + DAY_MS;
        // Old enough to be deleted.
        if (kind.equals("both") && i % 40 < 15) return timeMs - 10 * DAY_MS;
        return timeMs;
    }

    private KafkaProducer<byte[], byte[]> producer(String codec, int number) {
        return producers.computeIfAbsent(codec + number, (name) -> clients.producer(
            "compression.type", codec, "linger.ms", "10000", "batch.size", "500000",
            "max.in.flight.requests.per.connection", "1"));
    }

    private static ProducerRecord<byte[], byte[]> record(
        String topic, int partition, long timeMs, Random random) {
        byte[] key = ("key " + random.nextInt(60)).getBytes(UTF_8);
        byte[] value = new byte[random.nextInt(200)];
        random.nextBytes(value);
        var record = new ProducerRecord<>(
            topic, partition, timeMs, key, random.nextInt(6) == 0 ? null : value);
        for (int i = random.nextInt(8); i > 5; i--) {
            record.headers().add("h" + i, random.nextBoolean() ? null : new byte[] {(byte) i});
        }
        return record;
    }

    /** Committed, aborted, beside each other and beside others' records; one of them stays open. */
    private void transact(int seed, int round) throws Exception {
        String topic = "transactions." + seed;
        Random random = new Random((topic + round).hashCode());
        if (round > 0) ended("open-" + seed + "-" + (round - 1));
        for (int i = 0; i < 6; i++) {
            var some = List.of(begun("a-" + seed), begun("b-" + seed));
            for (int j = 0; j < 12; j++) {
                var producer = j % 4 == 3 ? producer("none", 0) : some.get(random.nextInt(2));
                for (int count = random.nextInt(4); count >= 0; count--) {
                    producer.send(large(topic, random.nextInt(2), round, random));
                }
                producer.flush();
            }
            for (var producer : some) {
                if (random.nextInt(3) == 0) producer.abortTransaction();
                else producer.commitTransaction();
                producer.close();
            }
        }
        var open = begun("open-" + seed + "-" + round);
        open.send(large(topic, 0, round, random));
        open.flush();
        for (int i = 0; i < 40; i++) {
            producer("none", 1).send(large(topic, i % 2, round, random));
            producer("none", 1).flush();
        }
    }

    private ProducerRecord<byte[], byte[]> large(
        String topic, int partition, int round, Random random) {
        byte[] value = new byte[5000 + random.nextInt(15_000)];
        random.nextBytes(value);
        byte[] key = ("key " + random.nextInt(25)).getBytes(UTF_8);
        boolean isTombstone = random.nextInt(8) == 0;
        return new ProducerRecord<>(topic, partition, baseMs + round * 1000L + random.nextInt(1000),
            key, isTombstone ? null : value);
    }

    private KafkaProducer<byte[], byte[]> begun(String id) {
        var producer = clients.producer("transactional.id", id, "linger.ms", "10000",
            "transaction.timeout.ms", "900000", "batch.size", "500000",
            "max.in.flight.requests.per.connection", "1");
        producer.initTransactions();
        producer.beginTransaction();
        return producer;
    }

    private void ended(String id) {
        try (var producer = clients.producer("transactional.id", id)) {
            producer.initTransactions();
        }
    }

    private void set(String kind, String name, String value) throws Exception {
        Map<ConfigResource, java.util.Collection<AlterConfigOp>> changes = new HashMap<>();
        for (int seed = 0; seed < seeds; seed++) {
            changes.put(new ConfigResource(ConfigResource.Type.TOPIC, kind + "." + seed), List.of(
                new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
        }
        Clients.await(admin.incrementalAlterConfigs(changes).all());
    }

    /** Cleans once, as far as it goes. */
    private void clean(Path expected) throws Exception {
        for (String kind : kinds().keySet()) {
            if (kind.equals("max-lag")) set(kind, "max.compaction.lag.ms", "1");
            else set(kind, "min.cleanable.dirty.ratio", "0.001");
        }
        TreeSet<String> wanted = expected == null ? null
            : new TreeSet<>(Files.readAllLines(expected));
        TreeSet<String> cleaned = new TreeSet<>();
        long stillMs = System.currentTimeMillis();
        long endMs = stillMs + 60_000;
        while (wanted != null ? !cleaned.equals(wanted)
            : cleaned.isEmpty() || System.currentTimeMillis() - stillMs < STILL_MS) {
            if (System.currentTimeMillis() > endMs) {
                throw new IllegalStateException("cleaned " + cleaned + ", expected " + wanted);
            }
            Thread.sleep(100);
            TreeSet<String> now = cleanedTo();
            if (!now.equals(cleaned)) stillMs = System.currentTimeMillis();
            cleaned = now;
        }
        for (String kind : kinds().keySet()) {
            if (kind.equals("max-lag")) set(kind, "max.compaction.lag.ms", NEVER);
            else set(kind, "min.cleanable.dirty.ratio", "1.0");
        }
        // Tombstones of this cleaning are past their time at the next one.
        Thread.sleep(300);
        for (String line : cleaned) OUT.println("cleaned " + line);
    }

    /** Topic, partition and offset, as the checkpoint says. */
    private TreeSet<String> cleanedTo() throws Exception {
        Path file = directory.resolve("cleaner-offset-checkpoint");
        TreeSet<String> lines = new TreeSet<>();
        if (!Files.exists(file)) return lines;
        for (String line : Files.readAllLines(file)) {
            String topic = line.split("\\.")[0];
            if (kinds().containsKey(topic)) lines.add(line);
        }
        return lines;
    }

    private void expire() throws Exception {
        set("both", "retention.ms", String.valueOf(5 * DAY_MS));
        Thread.sleep(STILL_MS);
        set("both", "retention.ms", "-1");
    }

    private void show(String label) throws Exception {
        for (String level : List.of("read_uncommitted", "read_committed")) {
            try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer(
                "isolation.level", level, "max.poll.records", "5000",
                "fetch.max.wait.ms", "20")) {
                List<TopicPartition> all = new ArrayList<>();
                for (int seed = 0; seed < seeds; seed++) {
                    for (var kind : kinds().entrySet()) {
                        for (int p = 0; p < kind.getValue(); p++) {
                            all.add(new TopicPartition(kind.getKey() + "." + seed, p));
                        }
                    }
                }
                show(label + " " + level, consumer, all);
            }
        }
    }

    private void show(
        String label, KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> all)
        throws Exception {
        Map<TopicPartition, Long> ends = consumer.endOffsets(all);
        consumer.assign(all);
        consumer.seekToBeginning(all);
        consumer.beginningOffsets(all).forEach((partition, offset) ->
            OUT.println(label + " " + partition + " from " + offset + " to " + ends.get(partition)));
        long endMs = System.currentTimeMillis() + 40_000;
        while (all.stream().anyMatch((p) -> consumer.position(p) < ends.get(p))) {
            if (System.currentTimeMillis() > endMs) throw new IllegalStateException("no end");
            for (var record : consumer.poll(Duration.ofMillis(100))) {
                OUT.println(label + " " + line(record));
            }
        }
    }

    private static String line(ConsumerRecord<byte[], byte[]> record) throws Exception {
        StringBuilder headers = new StringBuilder();
        for (Header header : record.headers()) {
            headers.append(' ').append(header.key()).append('=').append(text(header.value()));
        }
        return record.topic() + "-" + record.partition() + " " + record.offset() + " "
            + record.timestampType() + record.timestamp() + " " + text(record.key()) + " "
            + text(record.value()) + headers;
    }

    private static String text(byte[] bytes) throws Exception {
        if (bytes == null) return "null";
        if (bytes.length < 16) return Base64.getEncoder().encodeToString(bytes);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        return Base64.getEncoder().encodeToString(digest).substring(0, 16) + "/" + bytes.length;
    }
}

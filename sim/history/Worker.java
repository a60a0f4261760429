import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.stream.Collectors;

import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A worker of the history checker on kafka-clients, one role per process.
 *
 * <pre>Worker ROLE NAME ADDRESS HISTORY NAME=VALUE...</pre>
 *
 * Its transactions are of transaction.version 2 (KIP-890). It writes what it does into HISTORY as
 * JSON lines (see event.ts), ends well at SIGTERM, and ends with an error at anything that it
 * cannot go on from: another one takes its place.
 */
public final class Worker {
    private static final int CALL_TIMEOUT_MS = 20_000;
    /** The broker has decided that this producer is not to go on. */
    private static final List<Class<? extends KafkaException>> REFUSALS = List.of(
        ProducerFencedException.class, InvalidProducerEpochException.class,
        InvalidPidMappingException.class, InvalidTxnStateException.class,
        OutOfOrderSequenceException.class);

    private final String name;
    private final String address;
    private final Map<String, String> options = new HashMap<>();
    private final int transactionTimeoutMs;
    private final FileOutputStream history;
    private final Random dice;
    private volatile boolean isStopped = false;

    private Worker(String[] args) throws IOException {
        name = args[1];
        address = args[2];
        history = new FileOutputStream(args[3], true);
        for (String option : List.of(args).subList(4, args.length)) {
            int equals = option.indexOf('=');
            options.put(option.substring(0, equals), option.substring(equals + 1));
        }
        transactionTimeoutMs = Integer.parseInt(options.get("timeoutMs"));
        dice = new Random(options.get("seed").hashCode() * 31L + name.hashCode());
    }

    public static void main(String[] args) throws Exception {
        Worker worker = new Worker(args);
        Thread main = Thread.currentThread();
        Thread ending = new Thread(() -> {
            worker.isStopped = true;
            try {
                main.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(ending);
        Thread watch = new Thread(Worker::endWithDriver);
        watch.setDaemon(true);
        watch.start();
        try {
            worker.work(args[0]);
        } catch (KafkaException | IllegalStateException e) {
            worker.giveUp(e);
        }
        // What the clients still want to do at the end is not waited for.
        Runtime.getRuntime().halt(0);
    }

    /** Whoever started this holds the other end of its standard input. */
    private static void endWithDriver() {
        try {
            while (System.in.read() >= 0) { }
        } catch (IOException e) {
            // That is its end, too.
        }
        Runtime.getRuntime().halt(4);
    }

    private void work(String role) {
        log("start", "role", role, "group", options.get("group"), "transactionVersion",
            options.containsKey("tid") ? 2 : null);
        switch (role) {
            case "produce": produce(); break;
            case "transact": transact(); break;
            case "consume": consume(); break;
            case "copy": copy(); break;
            default: throw new IllegalStateException("there is no role " + role);
        }
    }

    /** One call of write(2): a kill tears the last line at most. */
    private synchronized void log(String kind, Object... fields) {
        StringBuilder line = new StringBuilder("{\"t\":").append(System.nanoTime() / 1000)
            .append(",\"e\":").append(json(kind));
        for (int i = 0; i < fields.length; i += 2) {
            if (fields[i + 1] == null) continue;
            line.append(',').append(json(fields[i])).append(':').append(json(fields[i + 1]));
        }
        try {
            history.write(line.append("}\n").toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            giveUp(e);
        }
    }

    private static String json(Object value) {
        if (value instanceof List) {
            return ((List<?>) value).stream().map(Worker::json)
                .collect(Collectors.joining(",", "[", "]"));
        }
        // Names of records, topics and classes: none has a character that JSON would not take.
        return value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
    }

    private void giveUp(Throwable why) {
        System.err.println(name + ": " + why);
        Runtime.getRuntime().halt(3);
    }

    /** What is behind the exceptions that only wrap it. */
    private static Throwable causeOf(Throwable error) {
        Throwable cause = error;
        while (cause.getClass() == KafkaException.class && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String nameOf(Throwable error) {
        return causeOf(error).getClass().getSimpleName();
    }

    private void pause(double mostMs) {
        try {
            Thread.sleep((long) (dice.nextDouble() * mostMs));
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static List<Object> placeOf(TopicPartition place) {
        return List.of(place.topic(), place.partition());
    }

    private Properties common() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", address);
        properties.put("client.id", name);
        properties.put("reconnect.backoff.ms", 30);
        properties.put("reconnect.backoff.max.ms", 300);
        properties.put("retry.backoff.ms", 50);
        properties.put("retry.backoff.max.ms", 500);
        properties.put("socket.connection.setup.timeout.ms", 1500);
        properties.put("metadata.max.age.ms", 5000);
        properties.put("enable.metrics.push", false);
        return properties;
    }

    /** Sends records that are named after their worker, and writes down what becomes of them. */
    private class Sender {
        private int count = 0;
        volatile boolean isBroken = false;
        final KafkaProducer<String, String> client;

        Sender() {
            Properties properties = common();
            properties.put("linger.ms", 2);
            properties.put("request.timeout.ms", 1500);
            properties.put("delivery.timeout.ms", transactionTimeoutMs);
            properties.put("max.block.ms", CALL_TIMEOUT_MS);
            if (options.containsKey("tid")) {
                properties.put("transactional.id", options.get("tid"));
                properties.put("transaction.timeout.ms", transactionTimeoutMs);
            }
            client = new KafkaProducer<>(
                properties, new StringSerializer(), new StringSerializer());
        }

        /** Into one of the partitions; `from`: what it is a copy of. */
        void send(String txn, List<Object> from) {
            String topic = options.get("topic");
            int partition = dice.nextInt(Integer.parseInt(options.get("partitions")));
            String value = name + ":" + ++count;
            log("send", "v", value, "topic", topic, "p", partition, "txn", txn, "from", from);
            client.send(new ProducerRecord<>(topic, partition, null, value), (metadata, error) -> {
                if (error == null) {
                    log("sent", "v", value, "offset", metadata.offset());
                    return;
                }
                isBroken = true;
                log("unsent", "v", value, "why", nameOf(error));
            });
        }
    }

    private void produce() {
        Sender sender = new Sender();
        while (!isStopped) {
            for (int left = 1 + dice.nextInt(7); left > 0; left--) sender.send(null, null);
            pause(80);
            if (sender.isBroken) throw new KafkaException("a record was not delivered");
        }
        sender.client.flush();
    }

    private final class Transactor extends Sender {
        private final String tid = options.get("tid");
        private int number = 0;
        String txn;

        Transactor() {
            log("init", "tid", tid);
            client.initTransactions();
            log("inited", "tid", tid);
        }

        void begin() {
            txn = name + "/" + ++number;
            client.beginTransaction();
            log("begin", "txn", txn, "tid", tid);
        }

        /** Whether the transaction was committed. */
        boolean end(boolean isCommitted) {
            log("end", "txn", txn, "commit", isCommitted);
            try {
                if (isCommitted) client.commitTransaction();
                else client.abortTransaction();
                log("ended", "txn", txn);
                return isCommitted;
            } catch (KafkaException e) {
                log("unended", "txn", txn, "why", nameOf(e));
                if (isAbortable(e) && isCommitted) return end(false);
                throw e;
            }
        }

        /** Nobody knows what became of a call that timed out: a new producer finds out. */
        boolean isAbortable(KafkaException error) {
            Throwable cause = causeOf(error);
            if (error instanceof TimeoutException) return false;
            if (REFUSALS.stream().noneMatch((refusal) -> refusal.isInstance(cause))) return true;
            log("refused", "txn", txn, "why", nameOf(error));
            return false;
        }
    }

    private void transact() {
        Transactor sender = new Transactor();
        while (!isStopped) {
            sender.begin();
            boolean isCommitted = dice.nextDouble() < 0.7;
            try {
                for (int left = 1 + dice.nextInt(4); left > 0; left--) {
                    sender.send(sender.txn, null);
                    if (dice.nextDouble() < 0.3) pause(100);
                }
                // When the broker stops now, it is the end that it gets twice.
                if (dice.nextDouble() < 0.7) {
                    sender.client.flush();
                    pause(300);
                }
            } catch (KafkaException e) {
                if (!sender.isAbortable(e)) throw e;
                isCommitted = false;
            }
            sender.end(isCommitted);
            pause(150);
        }
    }

    /** A consumer that writes down what it holds. */
    private class Member implements ConsumerRebalanceListener {
        final Map<TopicPartition, Long> held = new LinkedHashMap<>();
        final KafkaConsumer<String, String> client;
        private int commitCount = 0;

        Member() {
            Properties properties = common();
            properties.put("group.id", options.get("group"));
            properties.put("auto.offset.reset", "earliest");
            properties.put("enable.auto.commit", false);
            properties.put("isolation.level", "read_committed");
            properties.put("fetch.max.wait.ms", 100);
            properties.put("max.poll.records", 20);
            properties.put("max.poll.interval.ms", 50_000);
            properties.put("default.api.timeout.ms", CALL_TIMEOUT_MS);
            properties.put("request.timeout.ms", 2000);
            if (options.containsKey("instance")) {
                properties.put("group.instance.id", options.get("instance"));
            }
            properties.putAll(protocol());
            client = new KafkaConsumer<>(
                properties, new StringDeserializer(), new StringDeserializer());
            client.subscribe(List.of(options.get("topics").split(",")), this);
        }

        private Map<String, Object> protocol() {
            String assignor = options.get("assignor");
            if (assignor.equals("consumer")) return Map.of("group.protocol", "consumer");
            String type = assignor.equals("range") ? "RangeAssignor" : "CooperativeStickyAssignor";
            return Map.of(
                "partition.assignment.strategy", "org.apache.kafka.clients.consumer." + type,
                "session.timeout.ms", Integer.valueOf(options.get("sessionMs")),
                "heartbeat.interval.ms", 300);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> places) {
            for (TopicPartition place : places) held.put(place, null);
            logHolding("assigned", places);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> places) {
            beforeRevoked(places);
            logHolding("revoked", places);
            held.keySet().removeAll(places);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> places) {
            logHolding("lost", places);
            held.keySet().removeAll(places);
        }

        void beforeRevoked(Collection<TopicPartition> places) {
        }

        private void logHolding(String kind, Collection<TopicPartition> places) {
            log(kind, "ps", places.stream().map(Worker::placeOf).collect(Collectors.toList()));
        }

        /** Records by their partitions. */
        Map<TopicPartition, List<ConsumerRecord<String, String>>> poll(int timeoutMs) {
            ConsumerRecords<String, String> all = client.poll(Duration.ofMillis(timeoutMs));
            Map<TopicPartition, List<ConsumerRecord<String, String>>> polled = all.partitions()
                .stream().collect(Collectors.toMap((place) -> place, all::records));
            polled.forEach((place, records) -> {
                List<Object> told = new ArrayList<>();
                for (ConsumerRecord<String, String> record : records) {
                    told.add(List.of(record.offset(), record.value()));
                }
                log("polled", "topic", place.topic(), "p", place.partition(), "records", told);
                held.put(place, records.get(records.size() - 1).offset() + 1);
            });
            return polled;
        }

        void commit(Collection<TopicPartition> places) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new LinkedHashMap<>();
            for (TopicPartition place : places) {
                Long offset = held.get(place);
                if (offset != null) offsets.put(place, new OffsetAndMetadata(offset));
            }
            if (offsets.isEmpty()) return;
            int number = ++commitCount;
            log("commit", "n", number, "offsets", toldOf(offsets));
            try {
                client.commitSync(offsets);
                log("committed", "n", number);
            } catch (FencedInstanceIdException e) {
                log("uncommitted", "n", number, "why", nameOf(e));
                throw e;
            } catch (KafkaException e) {
                log("uncommitted", "n", number, "why", nameOf(e));
            }
        }
    }

    private static List<Object> toldOf(Map<TopicPartition, OffsetAndMetadata> offsets) {
        List<Object> told = new ArrayList<>();
        offsets.forEach((place, offset) -> told.add(
            List.of(place.topic(), place.partition(), offset.offset())));
        return told;
    }

    private void consume() {
        Member member = new Member() {
            @Override
            void beforeRevoked(Collection<TopicPartition> places) {
                commit(places);
            }
        };
        while (!isStopped) {
            member.poll(100);
            if (dice.nextDouble() < 0.5) member.commit(List.copyOf(member.held.keySet()));
        }
        member.client.close();
    }

    private void copy() {
        Member member = new Member();
        Transactor sender = new Transactor();
        while (!isStopped) {
            Map<TopicPartition, List<ConsumerRecord<String, String>>> polled = member.poll(200);
            if (polled.isEmpty()) continue;
            sender.begin();
            boolean isCommitted = dice.nextDouble() < 0.85;
            try {
                copyAll(polled, member, sender);
            } catch (KafkaException e) {
                if (!sender.isAbortable(e)) throw e;
                isCommitted = false;
            }
            if (sender.end(isCommitted)) continue;
            // Again from where this transaction began.
            polled.forEach((place, records) -> {
                member.held.put(place, null);
                member.client.seek(place, records.get(0).offset());
            });
        }
        member.client.close();
    }

    private void copyAll(
        Map<TopicPartition, List<ConsumerRecord<String, String>>> polled, Member member,
        Transactor sender
    ) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new LinkedHashMap<>();
        polled.forEach((place, records) -> {
            for (ConsumerRecord<String, String> record : records) {
                sender.send(sender.txn,
                    List.of(place.topic(), place.partition(), record.offset()));
                offsets.put(place, new OffsetAndMetadata(record.offset() + 1));
            }
        });
        // Who is stopped now has his transaction open, and others get what he had.
        pause(300);
        log("offsets", "txn", sender.txn, "offsets", toldOf(offsets));
        sender.client.sendOffsetsToTransaction(offsets, member.client.groupMetadata());
    }
}

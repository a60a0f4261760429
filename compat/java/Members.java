import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;

import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Members of groups, in one process: `join GROUP TOPIC PROTOCOL` adds one, `leave N` takes the nth
 * away. Prints `value V` for each record before it is committed, and `left N`.
 */
public final class Members {
    public static void main(String[] args) throws Exception {
        List<Member> members = new ArrayList<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            if (words[0].equals("join")) {
                members.add(new Member(members.size(), args[0], words[1], words[2], words[3]));
                members.get(members.size() - 1).start();
            } else {
                members.get(Integer.parseInt(words[1])).isLeaving = true;
            }
        }
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static final class Member extends Thread implements ConsumerRebalanceListener {
        private final int number;
        private final String topic;
        private final KafkaConsumer<String, String> consumer;
        volatile boolean isLeaving = false;

        Member(int number, String address, String group, String topic, String protocol) {
            this.number = number;
            this.topic = topic;
            Properties properties = new Properties();
            properties.put("bootstrap.servers", address);
            properties.put("group.id", group);
            properties.put("group.protocol", protocol);
            properties.put("auto.offset.reset", "earliest");
            properties.put("enable.auto.commit", "false");
            if (protocol.equals("classic")) properties.put("heartbeat.interval.ms", "500");
            consumer = new KafkaConsumer<>(
                properties, new StringDeserializer(), new StringDeserializer());
        }

        @Override
        public void run() {
            consumer.subscribe(List.of(topic), this);
            while (!isLeaving) {
                boolean isEmpty = true;
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    say("value " + record.value());
                    isEmpty = false;
                }
                if (!isEmpty) commit();
            }
            consumer.close();
            say("left " + number);
        }

        /**
         * In a rebalance the next commit brings what this one could not. A member that did not know
         * of it yet joins anew, and gets again what it had not committed.
         */
        private void commit() {
            try {
                consumer.commitSync();
            } catch (RebalanceInProgressException | CommitFailedException e) {
                // As said.
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            if (!partitions.isEmpty()) commit();
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        }
    }
}

// What both programs need: clients of one broker, and patience.

import java.util.Map;
import java.util.HashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

final class Clients {
    final String address;

    Clients(String address) {
        this.address = address;
    }

    Admin admin() {
        return Admin.create(settings("default.api.timeout.ms", "40000"));
    }

    KafkaProducer<byte[], byte[]> producer(Object... settings) {
        return new KafkaProducer<>(
            settings(settings), new ByteArraySerializer(), new ByteArraySerializer());
    }

    KafkaConsumer<byte[], byte[]> consumer(Object... settings) {
        return new KafkaConsumer<>(
            settings(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private Map<String, Object> settings(Object... pairs) {
        Map<String, Object> all = new HashMap<>();
        all.put("bootstrap.servers", address);
        for (int i = 0; i < pairs.length; i += 2) all.put((String) pairs[i], pairs[i + 1]);
        return all;
    }

    static <T> T await(KafkaFuture<T> future) throws Exception {
        try {
            return future.get(40, TimeUnit.SECONDS);
        } catch (ExecutionException error) {
            throw (Exception) error.getCause();
        }
    }
}

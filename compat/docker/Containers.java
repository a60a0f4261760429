// Testcontainers' KafkaContainer for `apache/kafka`, told another image: Kafka's own client writes
// a record into the broker that it starts, and reads it.

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

public final class Containers {
  private static final String TOPIC = "orders";

  public static void main(String[] args) throws Exception {
    DockerImageName image = DockerImageName.parse(args[0]).asCompatibleSubstituteFor("apache/kafka");
    try (KafkaContainer kafka = new KafkaContainer(image)) {
      kafka.start();
      send(kafka.getBootstrapServers(), "hello");
      System.out.println("received " + receive(kafka.getBootstrapServers()));
    }
    // Threads of the library would keep the process.
    System.exit(0);
  }

  private static void send(String servers, String value) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", servers);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(TOPIC, value)).get();
    }
  }

  private static String receive(String servers) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", servers, "group.id", "docker", "auto.offset.reset", "earliest");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(TOPIC));
      for (int i = 0; i < 20; i++) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
          return record.value();
        }
      }
    }
    return "nothing";
  }
}

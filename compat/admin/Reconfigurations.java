// Changes of a running broker's settings that it looks through as a whole, as Kafka's Admin client
// sees them: a line for each answer, with names in the place of ports. `Reconfigurations ADDRESS`.

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;

public final class Reconfigurations {
    private static final String MAP = "listener.security.protocol.map";
    private static final String BOTH = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT";

    /** Settings of one change each, put apart by semicolons; without a value one is deleted. */
    private static final String[] CHANGES = {
        "listeners=x", "listeners=", "listeners=,", "listeners=ALL", "listeners=ALL,",
        "listeners=ALL,ALL", "listeners=PLAINTEXT://127.0.0.1:0", "listeners",
        "listeners=ALL,EXTRA://127.0.0.1:0", "listeners=ALL,SSL://127.0.0.1:0",
        "listeners=ALL,EXTRA://127.0.0.1:0;" + MAP + "=" + BOTH + ",EXTRA:PLAINTEXT",
        "listeners=ALL,EXTRA://127.0.0.1:PORT;" + MAP + "=" + BOTH + ",EXTRA:PLAINTEXT",
        "listeners=ALL,PLAINTEXT://127.0.0.1:0", "listeners=CONTROLLER://127.0.0.1:0",
        "listeners=PLAINTEXT://127.0.0.1:1234,CONTROLLER://127.0.0.1:0",
        "listeners=PLAINTEXT://127.0.0.1:99999999999,CONTROLLER://127.0.0.1:0",
        "listeners=plaintext://127.0.0.1:1,controller://127.0.0.1:2",
        "listeners=PLAINTEXT://127.0.0.1:7,CONTROLLER://127.0.0.1:7",
        "listeners=PLAINTEXT://127.0.0.1:7,CONTROLLER://[::1]:7",
        "listeners=PLAINTEXT://localhost:7,CONTROLLER://[::1]:7",
        "listeners=PLAINTEXT://localhost:7,CONTROLLER://:7",
        "listeners=PLAINTEXT://127.0.0.1,CONTROLLER://127.0.0.1:7",
        "advertised.listeners=PLAINTEXT://127.0.0.1:1", "inter.broker.listener.name=x",
        MAP + "=PLAINTEXT:PLAINTEXT", MAP + "=" + BOTH, MAP + "=" + BOTH + ",OTHER:SASL_SSL",
        MAP + "=PLAINTEXT:SSL,CONTROLLER:PLAINTEXT", MAP + "=PLAINTEXT:PLAINTEXT,CONTROLLER:SSL",
        MAP + "=PLAINTEXT:NO,CONTROLLER:PLAINTEXT", MAP + "=x", MAP + "=", MAP,
        "metric.reporters=x", "metric.reporters=", "metric.reporters=,",
        "metric.reporters=org.apache.kafka.common.metrics.JmxReporter",
        "metric.reporters=org.apache.kafka.common.metrics.JmxReporter,x",
        "metric.reporters=x;foo=bar",
        "ssl.engine.factory.class=x", "ssl.engine.factory.class=",
        "ssl.engine.factory.class=org.apache.kafka.common.security.ssl.DefaultSslEngineFactory",
        "listener.name.plaintext.ssl.engine.factory.class=x", "principal.builder.class=x",
        "listener.name.other.principal.builder.class=x",
        "ssl.keystore.location=/x", "ssl.keystore.password=secret", "ssl.client.auth=required",
        "ssl.client.auth=x", "ssl.protocol=x", "ssl.enabled.protocols=a,a",
        "ssl.cipher.suites=a,,b", "ssl.principal.mapping.rules=x",
        "listener.name.plaintext.ssl.client.auth=required",
        "listener.name.plaintext.ssl.keystore.location=/nowhere",
        "listener.name.plaintext.ssl.keystore.password=secret",
        "sasl.jaas.config=x", "listener.name.plaintext.plain.sasl.jaas.config=x",
        "sasl.enabled.mechanisms=x", "listener.name.plaintext.max.connections=5",
        "listener.name.plaintext.foo=5", "listener.name.plaintext.max.connections=-5",
        "listener.name.plaintext.log.retention.ms=x",
        "listener.name.plaintext.foo=1;max.connections=7",
        "listener.name.plaintext.max.connections=1;max.connections=7",
        "num.io.threads=3", "num.io.threads=4", "num.io.threads=16", "num.io.threads=17",
        "num.network.threads=7", "listener.name.plaintext.num.network.threads=7",
        "listener.name.controller.num.network.threads=7", "num.replica.fetchers=3",
        "num.recovery.threads.per.data.dir=5", "background.threads=4", "background.threads=21",
        "log.cleaner.threads=0", "log.cleaner.threads=2", "log.cleaner.threads=3",
        "remote.log.reader.threads=100", "remote.log.manager.copier.thread.pool.size=100",
        "remote.log.manager.expiration.thread.pool.size=100",
        "remote.log.manager.follower.thread.pool.size=100",
        "log.retention.ms=0", "log.retention.ms=-2", "log.retention.ms=5;log.local.retention.ms=6",
        "log.local.retention.ms=-1", "log.local.retention.bytes=-1",
        "log.retention.bytes=5;log.local.retention.bytes=6",
        "log.retention.bytes=5;log.local.retention.bytes=-1",
        "log.remote.copy.lag.ms=99999999999", "log.retention.bytes=5;log.remote.copy.lag.bytes=6",
        "max.connections.per.ip=0",
        "max.connections.per.ip=0;max.connections.per.ip.overrides=127.0.0.1:5",
        "max.connections.per.ip.overrides=a b:5", "max.connections.per.ip.overrides=127.0.0.1:x",
        "max.connections.per.ip.overrides=127.0.0.1", "cordoned.log.dirs=*,/x",
        "cordoned.log.dirs=/x", "cordoned.log.dirs=/x,/x", "cordoned.log.dirs=*",
        "config.providers=x", "config.providers=file;config.providers.file.class=x",
        "max.connections.per.ip=0;log.retention.ms=0;cordoned.log.dirs=/x;listeners=CONTROLLER://:1",
        "max.connections.per.ip=0;cordoned.log.dirs=/x;listeners=CONTROLLER://:1",
        "listeners=x;log.retention.ms=0", "log.cleaner.threads=0;listeners=PLAINTEXT://:1",
        "num.io.threads=100;num.network.threads=100;metric.reporters=x;log.local.retention.ms=-1",
        "num.io.threads=100;metric.reporters=x;log.cleaner.threads=9;log.local.retention.ms=-1",
        "num.io.threads=100;log.cleaner.threads=9;log.local.retention.ms=-1",
        "log.cleaner.threads=9;log.local.retention.ms=-1;" + MAP
            + "=PLAINTEXT:SSL,CONTROLLER:PLAINTEXT",
        "log.cleaner.threads=9;" + MAP + "=PLAINTEXT:SSL,CONTROLLER:PLAINTEXT",
        "log.cleaner.threads=9;remote.log.reader.threads=100",
        "group.consumer.assignment.interval.ms=15000",
        "group.consumer.assignment.interval.ms=15001",
        "group.share.assignment.interval.ms=15001",
        "group.streams.assignment.interval.ms=15001;listeners=x",
    };

    private Reconfigurations() {
    }

    public static void main(String[] args) throws Exception {
        ConfigResource one = new ConfigResource(Type.BROKER, "1");
        ConfigResource all = new ConfigResource(Type.BROKER, "");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            String listeners = admin.describeConfigs(List.of(one)).all().get().get(one)
                .get("listeners").value();
            for (String change : CHANGES) {
                for (ConfigResource resource : List.of(one, all)) {
                    System.out.println(change + (resource == one ? " of broker 1: " : " of all: ")
                        + answer(admin, resource, change, listeners));
                }
            }
        }
    }

    private static String answer(
        Admin admin, ConfigResource resource, String change, String listeners
    ) throws InterruptedException {
        String[] both = listeners.split(",");
        String port = both[0].substring(both[0].lastIndexOf(':') + 1);
        List<AlterConfigOp> ops = new ArrayList<>();
        for (String setting : change.split(";")) {
            String[] parts = setting.split("=", 2);
            String value = parts.length == 1 ? null
                : parts[1].replace("ALL", listeners).replace("PORT", port);
            ops.add(new AlterConfigOp(new ConfigEntry(parts[0], value),
                value == null ? OpType.DELETE : OpType.SET));
        }
        try {
            admin.incrementalAlterConfigs(Map.of(resource, ops),
                new AlterConfigsOptions().validateOnly(true)).all().get();
            return "done";
        } catch (ExecutionException e) {
            String said = e.getCause().getClass().getSimpleName() + ": "
                + e.getCause().getMessage();
            return said.replace(both[0] + ", " + both[1], "ALL").replace(port, "PORT");
        }
    }
}

/*
 * A client of librdkafka that measures: it produces, consumes, or does both at a fixed rate, and
 * prints one line of JSON. The work is done by C alone, so that the broker is what limits it, where
 * the line does not say otherwise (its processor time is in it).
 *
 *   client produce ADDRESS TOPIC PARTITIONS CLIENTS COUNT SIZE_BYTES ACKS CODEC
 *   client consume ADDRESS TOPIC PARTITIONS CLIENTS COUNT
 *   client latency ADDRESS TOPIC PARTITIONS RATE COUNT SIZE_BYTES ACKS
 */
#define _GNU_SOURCE
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000
#define BATCH 1000
#define MOST_CLIENTS 256

static const char *address, *topic, *acks = "-1", *codec = "none";
static int partitions, clients = 1;
static long count, size_bytes;
static atomic_long failures;
static pthread_barrier_t all_ready;

static void give_up(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double processor_ms(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3
        + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static long number(const char *text, long least, long most) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*text == 0 || *end != 0 || value < least || value > most) give_up("not a number here", text);
    return value;
}

/* Words out of a small vocabulary: codecs find something to do, and something to leave. */
static char *some_text(void) {
    static const char *words[] = {"order", "created", "42", "{\"id\":", "warehouse", "\"north\"",
        "1795317919", "pending", ",", "customer", "7f3a", "shipped", "null", "true", "EUR", "}"};
    const long length = 1 << 20;
    char *text = malloc(length + 16);
    uint32_t seed = 1;
    for (long at = 0; at < length;) {
        seed = seed * 1664525u + 1013904223u;
        const char *word = words[seed >> 28];
        long size = strlen(word);
        if (seed & (1 << 20)) { /* every other word is a number that nothing else has */
            size = snprintf(text + at, 16, "%08x", seed);
        } else {
            memcpy(text + at, word, size);
        }
        at += size;
    }
    return text;
}

static rd_kafka_t *connect_as(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char reason[512];
    rd_kafka_conf_set(conf, "bootstrap.servers", address, reason, sizeof reason);
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
    if (client == NULL) give_up("rd_kafka_new", reason);
    return client;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char reason[512];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK)
        give_up(name, reason);
}

static void on_delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client; (void)opaque;
    if (message->err) failures++;
}

/* `_private` of a message of the latency run is the place for its time. */
static void on_delivered_timed(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client; (void)opaque;
    double *place = message->_private;
    if (message->err) failures++;
    if (place != NULL) *place = now_ms() - *place;
}

static rd_kafka_t *producer(int is_timed) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "acks", acks);
    set(conf, "compression.codec", codec);
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "queue.buffering.max.kbytes", "262144");
    if (is_timed) set(conf, "linger.ms", "0");
    /* Of what arrived nobody has to hear but who takes its time. */
    else set(conf, "delivery.report.only.error", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, is_timed ? on_delivered_timed : on_delivered);
    return connect_as(RD_KAFKA_PRODUCER, conf);
}

/* With `RD_KAFKA_MSG_F_COPY`, or the payload stays as it is to the end. */
static void send_one(
    rd_kafka_t *client, const void *payload, long size, int partition, int flags, void *own) {
    for (;;) {
        rd_kafka_resp_err_t error = rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic),
            RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_VALUE((void *)payload, size),
            RD_KAFKA_V_MSGFLAGS(flags), RD_KAFKA_V_OPAQUE(own), RD_KAFKA_V_END);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) give_up("produce", rd_kafka_err2str(error));
        rd_kafka_poll(client, 10);
    }
}

static void flush(rd_kafka_t *client) {
    rd_kafka_resp_err_t error = rd_kafka_flush(client, PATIENCE_MS);
    if (error) give_up("flush", rd_kafka_err2str(error));
}

/* The connection is there, and the leaders are known, before the clock runs. */
static void warm_up(rd_kafka_t *client) {
    for (int i = 0; i < partitions; i++) send_one(client, "warm", 4, i, 0, NULL);
    flush(client);
}

static void *produce_some(void *argument) {
    const char *text = argument;
    rd_kafka_t *client = producer(0);
    warm_up(client);
    pthread_barrier_wait(&all_ready);
    long share = count / clients;
    for (long i = 0; i < share; i++) {
        long at = i * 977 % ((1 << 20) - size_bytes);
        send_one(client, text + at, size_bytes, RD_KAFKA_PARTITION_UA, 0, NULL);
        if (i % 1000 == 0) rd_kafka_poll(client, 0);
    }
    flush(client);
    pthread_barrier_wait(&all_ready);
    rd_kafka_destroy(client);
    return NULL;
}

struct consumed { long messages, bytes; double first_ms, last_ms; int self; };

static void *consume_some(void *argument) {
    struct consumed *own = argument;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "group.id", "bench");
    set(conf, "enable.auto.commit", "false");
    set(conf, "auto.offset.reset", "earliest");
    /* A full queue would have it pause for a second. */
    set(conf, "queued.min.messages", "10000000");
    set(conf, "queued.max.messages.kbytes", "1048576");
    rd_kafka_t *client = connect_as(RD_KAFKA_CONSUMER, conf);
    rd_kafka_topic_partition_list_t *mine = rd_kafka_topic_partition_list_new(partitions);
    /* With fewer partitions than clients each reads one whole. */
    for (int i = 0; i < partitions; i++) {
        if (partitions < clients ? own->self % partitions == i : i % clients == own->self)
            rd_kafka_topic_partition_list_add(mine, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    long wanted = 0;
    for (int i = 0; i < mine->cnt; i++) {
        int64_t low, high;
        rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
            client, topic, mine->elems[i].partition, &low, &high, PATIENCE_MS);
        if (error) give_up("offsets", rd_kafka_err2str(error));
        wanted += high - low;
    }
    if (count > 0 && wanted > count) wanted = count;
    rd_kafka_assign(client, mine);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
    rd_kafka_message_t *messages[BATCH];
    pthread_barrier_wait(&all_ready);
    double patience_ms = now_ms() + PATIENCE_MS;
    while (own->messages < wanted) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 5, messages, BATCH);
        double at_ms = now_ms();
        if (at_ms > patience_ms) give_up("consume", "not all came in time");
        for (ssize_t i = 0; i < got; i++) {
            if (messages[i]->err) failures++;
            else { own->messages++; own->bytes += messages[i]->len; }
            rd_kafka_message_destroy(messages[i]);
        }
        if (got > 0) {
            if (own->first_ms == 0) own->first_ms = at_ms;
            own->last_ms = at_ms;
        }
    }
    pthread_barrier_wait(&all_ready);
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return NULL;
}

/* `arguments` has one for each client, `stride` bytes apart. */
static double run_all(void *(*work)(void *), void *arguments, size_t stride, double *used_ms) {
    pthread_t threads[MOST_CLIENTS];
    pthread_barrier_init(&all_ready, NULL, clients + 1);
    for (int i = 0; i < clients; i++)
        pthread_create(&threads[i], NULL, work, (char *)arguments + i * stride);
    pthread_barrier_wait(&all_ready);
    double start_ms = now_ms(), start_used_ms = processor_ms();
    pthread_barrier_wait(&all_ready);
    double elapsed_ms = now_ms() - start_ms;
    *used_ms = processor_ms() - start_used_ms;
    for (int i = 0; i < clients; i++) pthread_join(threads[i], NULL);
    return elapsed_ms;
}

static void produce(void) {
    double used_ms, elapsed_ms = run_all(produce_some, some_text(), 0, &used_ms);
    long sent = count / clients * clients;
    printf("{\"messages\":%ld,\"bytes\":%ld,\"elapsedMs\":%.3f,\"clientMs\":%.0f,\"failures\":%ld}\n",
        sent, sent * size_bytes, elapsed_ms, used_ms, (long)failures);
}

static void consume(void) {
    struct consumed *all = calloc(clients, sizeof *all);
    for (int i = 0; i < clients; i++) all[i].self = i;
    double used_ms;
    run_all(consume_some, all, sizeof *all, &used_ms);
    long messages = 0, bytes = 0;
    /* From the first message: to find the way to it takes librdkafka up to a second of waiting. */
    double first_ms = all[0].first_ms, last_ms = 0;
    for (int i = 0; i < clients; i++) {
        messages += all[i].messages;
        bytes += all[i].bytes;
        if (all[i].messages > 0 && all[i].first_ms < first_ms) first_ms = all[i].first_ms;
        if (all[i].last_ms > last_ms) last_ms = all[i].last_ms;
    }
    double elapsed_ms = last_ms - first_ms;
    printf("{\"messages\":%ld,\"bytes\":%ld,\"elapsedMs\":%.3f,\"clientMs\":%.0f,\"failures\":%ld}\n",
        messages, bytes, elapsed_ms, used_ms, (long)failures);
}

struct ends { double *ms; long wanted; };

/* What it reads begins with the time at which it was sent, by the same clock. */
static void *read_ends(void *argument) {
    struct ends *ends = argument;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "group.id", "bench-latency");
    set(conf, "fetch.wait.max.ms", "500");
    rd_kafka_t *client = connect_as(RD_KAFKA_CONSUMER, conf);
    rd_kafka_topic_partition_list_t *mine = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(mine, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client, mine);
    double patience_ms = now_ms() + PATIENCE_MS;
    pthread_barrier_wait(&all_ready);
    for (long got = 0; got < ends->wanted;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 100);
        if (now_ms() > patience_ms) give_up("latency", "not all came in time");
        if (message == NULL) continue;
        if (message->err == 0 && (long)message->len == size_bytes) {
            double sent_ms;
            memcpy(&sent_ms, message->payload, sizeof sent_ms);
            ends->ms[got++] = now_ms() - sent_ms;
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return NULL;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_quantiles(const char *name, double *ms, long skipped, long n) {
    ms += skipped;
    n -= skipped;
    qsort(ms, n, sizeof *ms, ascending);
    printf("\"%s\":[%.3f,%.3f,%.3f,%.3f]", name, ms[n / 2], ms[n * 99 / 100], ms[n * 999 / 1000],
        ms[n - 1]);
}

static void latency(long rate) {
    double *trips = calloc(count, sizeof *trips);
    struct ends ends = {calloc(count, sizeof(double)), count};
    char *payload = some_text();
    rd_kafka_t *client = producer(1);
    warm_up(client);
    pthread_t reader;
    pthread_barrier_init(&all_ready, NULL, 2);
    pthread_create(&reader, NULL, read_ends, &ends);
    pthread_barrier_wait(&all_ready);
    sleep(1); /* the reader finds its offsets */
    double start_ms = now_ms();
    for (long i = 0; i < count; i++) {
        double due_ms = start_ms + i * 1e3 / rate;
        /* Callbacks come at once, not when the next message is due. */
        for (double left; (left = due_ms - now_ms()) > 0;) {
            rd_kafka_poll(client, 0);
            if (left > 0.2) usleep(100);
        }
        trips[i] = now_ms();
        memcpy(payload, &trips[i], sizeof trips[i]);
        send_one(client, payload, size_bytes, i % partitions, RD_KAFKA_MSG_F_COPY, &trips[i]);
        rd_kafka_poll(client, 0);
    }
    flush(client);
    pthread_join(reader, NULL);
    rd_kafka_destroy(client);
    /* The first tenth warms both ends up. */
    printf("{\"failures\":%ld,", (long)failures);
    print_quantiles("roundTripMs", trips, count / 10, count);
    printf(",");
    print_quantiles("endToEndMs", ends.ms, count / 10, count);
    printf("}\n");
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    int wanted = strcmp(mode, "produce") == 0 ? 10 : strcmp(mode, "consume") == 0 ? 7
        : strcmp(mode, "latency") == 0 ? 9 : -1;
    if (argc != wanted) give_up("usage", "see the head of client.c");
    address = argv[2];
    topic = argv[3];
    partitions = number(argv[4], 1, 100000);
    long fifth = number(argv[5], 1, 1000000);
    count = number(argv[6], 0, 1000000000);
    if (wanted > 7) {
        size_bytes = number(argv[7], sizeof(double), 1 << 19);
        acks = argv[8];
    }
    if (wanted == 9) {
        latency(fifth);
        return 0;
    }
    if (fifth > MOST_CLIENTS) give_up("too many clients", argv[5]);
    clients = fifth;
    if (wanted == 10) codec = argv[9];
    if (wanted == 10) produce(); else consume();
    return 0;
}

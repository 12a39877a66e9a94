// What the C programs share: set-up through rabbitmq-c, clocks, and the line of JSON they report.
#ifndef WARREN_BENCH_H
#define WARREN_BENCH_H

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static amqp_connection_state_t connection;

static void die(const char *what) {
    fprintf(stderr, "error: %s\n", what);
    exit(1);
}

static void check_reply(const char *what) {
    if (amqp_get_rpc_reply(connection).reply_type != AMQP_RESPONSE_NORMAL) die(what);
}

static amqp_bytes_t text(const char *string) { return amqp_cstring_bytes(string); }

/// Connects to 127.0.0.1:$BENCH_PORT as guest and opens channel 1.
static void connect_broker(void) {
    const char *port = getenv("BENCH_PORT");
    connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(connection);
    if (amqp_socket_open(socket, "127.0.0.1", port ? atoi(port) : 5672)) die("connect");
    amqp_rpc_reply_t reply =
        amqp_login(connection, "/", 0, 131072, 60, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) die("login");
    amqp_channel_open(connection, 1);
    check_reply("channel.open");
}

/// A durable classic queue bound to the topic exchange `bench.ex`; `max_length` 0 is without a limit.
static void declare(const char *queue, const char *key, int max_length) {
    amqp_exchange_declare(connection, 1, text("bench.ex"), text("topic"), 0, 1, 0, 0, amqp_empty_table);
    check_reply("exchange.declare");
    amqp_table_entry_t entry = {
        .key = text("x-max-length"),
        .value = {.kind = AMQP_FIELD_KIND_I32, .value.i32 = max_length},
    };
    amqp_table_t arguments = {max_length ? 1 : 0, &entry};
    amqp_queue_declare(connection, 1, text(queue), 0, 1, 0, 0, arguments);
    check_reply("queue.declare");
    amqp_queue_bind(connection, 1, text(queue), text("bench.ex"), text(key), amqp_empty_table);
    check_reply("queue.bind");
}

/// How many messages are ready in a queue: a round trip that also flushes what was sent before.
static unsigned count_messages(const char *queue) {
    amqp_queue_declare_ok_t *ok =
        amqp_queue_declare(connection, 1, text(queue), 1, 0, 0, 0, amqp_empty_table);
    check_reply("passive queue.declare");
    return ok->message_count;
}

static void select_confirms(void) {
    amqp_confirm_select(connection, 1);
    check_reply("confirm.select");
}

// Confirms: single ones may come out of order, a multiple one covers everything up to its tag.
static uint8_t *confirmed_tags;
static uint64_t lowest_unconfirmed = 1, confirmed;

static void expect_confirms(uint64_t n) {
    confirmed_tags = calloc(n + 2, 1);
    if (!confirmed_tags) die("out of memory");
}

static void confirm_one(uint64_t tag) {
    if (confirmed_tags[tag]) return;
    confirmed_tags[tag] = 1;
    confirmed++;
}

static void confirm(uint64_t tag, int multiple) {
    if (!multiple) return confirm_one(tag);
    for (; lowest_unconfirmed <= tag; lowest_unconfirmed++) confirm_one(lowest_unconfirmed);
}

// The timed section.
static struct rusage usage_before, usage_after;
static double started, ended;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void begin(void) {
    getrusage(RUSAGE_SELF, &usage_before);
    started = now();
}

static void end(void) {
    ended = now();
    getrusage(RUSAGE_SELF, &usage_after);
}

static double seconds(struct timeval from, struct timeval to) {
    return (to.tv_sec - from.tv_sec) + (to.tv_usec - from.tv_usec) * 1e-6;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/// Prints the result; `latencies` in µs, or null.
static void report(const char *client, const char *mode, uint64_t n, size_t size, double *latencies) {
    double wall = ended - started;
    printf("{\"client\":\"%s\",\"mode\":\"%s\",\"n\":%lu,\"size\":%zu,\"wall_s\":%.4f,\"msgs_per_s\":%.1f", client,
           mode, (unsigned long)n, size, wall, n / wall);
    printf(",\"user_s\":%.4f,\"sys_s\":%.4f", seconds(usage_before.ru_utime, usage_after.ru_utime),
           seconds(usage_before.ru_stime, usage_after.ru_stime));
    if (latencies) {
        qsort(latencies, n, sizeof *latencies, compare);
        printf(",\"p50_us\":%.1f,\"p95_us\":%.1f,\"p99_us\":%.1f", latencies[n / 2], latencies[n * 95 / 100],
               latencies[n * 99 / 100]);
    }
    printf("}\n");
}

#endif

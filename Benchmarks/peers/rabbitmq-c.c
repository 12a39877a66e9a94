// The rabbitmq-c client, one call per message. Also prepares the broker: `reset 0 0` and `prefill N SIZE`.
#include "bench.h"

static uint64_t n, in_flight;
static amqp_bytes_t body;
static amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG, .delivery_mode = 1};

static void publish(const char *key) {
    if (amqp_basic_publish(connection, 1, text("bench.ex"), text(key), 0, 0, &properties, body)) die("publish");
}

static void wait_for_confirm(void) {
    amqp_frame_t frame;
    for (;;) {
        amqp_maybe_release_buffers(connection);
        if (amqp_simple_wait_frame(connection, &frame) != AMQP_STATUS_OK) die("wait for a confirm");
        if (frame.frame_type != AMQP_FRAME_METHOD) continue;
        if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD) die("something else than a confirm");
        amqp_basic_ack_t *ack = frame.payload.method.decoded;
        return confirm(ack->delivery_tag, ack->multiple);
    }
}

static void publish_confirmed(const char *key) {
    select_confirms();
    expect_confirms(n);
    begin();
    for (uint64_t i = 0; i < n; i++) {
        while (i - confirmed >= in_flight) wait_for_confirm();
        publish(key);
    }
    while (confirmed < n) wait_for_confirm();
    end();
}

static void consume(const char *queue) {
    amqp_basic_consume(connection, 1, text(queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check_reply("basic.consume");
}

static void prefetch(void) {
    amqp_basic_qos(connection, 1, 0, 500, 0);
    check_reply("basic.qos");
}

static void receive_and_ack(void) {
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(connection);
    amqp_rpc_reply_t reply = amqp_consume_message(connection, &envelope, NULL, 0);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) die("consume");
    if (envelope.message.body.len != body.len) die("size");
    if (amqp_basic_ack(connection, 1, envelope.delivery_tag, 0)) die("ack");
    amqp_destroy_envelope(&envelope);
}

static void reset(void) {
    const char *queues[] = {"bench.q", "bench.dq", "bench.cq", "bench.pq", "bench.wq"};
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
        amqp_queue_delete(connection, 1, text(queues[i]), 0, 0);
        check_reply("queue.delete");
    }
    amqp_exchange_delete(connection, 1, text("bench.ex"), 0);
    check_reply("exchange.delete");
}

int main(int count, char **arguments) {
    if (count < 4) die("usage: rabbitmq-c MODE N SIZE [INFLIGHT]");
    const char *mode = arguments[1];
    n = strtoull(arguments[2], 0, 10);
    in_flight = count > 4 ? strtoull(arguments[4], 0, 10) : 1000;
    body = amqp_bytes_malloc(strtoull(arguments[3], 0, 10));
    if (body.len) memset(body.bytes, 'x', body.len);
    double *latencies = NULL;
    connect_broker();

    if (!strcmp(mode, "reset")) {
        reset();
        return 0;
    } else if (!strcmp(mode, "prefill")) {
        declare("bench.cq", "bench.c.b", 0);
        publish_confirmed("bench.c.b");
        if (count_messages("bench.cq") != n) die("bench.cq was not empty");
        return 0;
    } else if (!strcmp(mode, "publish_noconfirm")) {
        declare("bench.q", "bench.a.b", 1000);
        begin();
        for (uint64_t i = 0; i < n; i++) publish("bench.a.b");
        count_messages("bench.q");
        end();
    } else if (!strcmp(mode, "publish_confirm")) {
        declare("bench.q", "bench.a.b", 1000);
        publish_confirmed("bench.a.b");
    } else if (!strcmp(mode, "publish_confirm_persistent")) {
        declare("bench.dq", "bench.d.b", 1000);
        properties.delivery_mode = 2;
        publish_confirmed("bench.d.b");
    } else if (!strcmp(mode, "consume_ack")) {
        if (count_messages("bench.cq") != n) die("bench.cq does not hold N messages: run prefill first");
        prefetch();
        begin();
        consume("bench.cq");
        for (uint64_t i = 0; i < n; i++) receive_and_ack();
        count_messages("bench.cq");
        end();
    } else if (!strcmp(mode, "pingpong")) {
        declare("bench.pq", "bench.p.b", 0);
        prefetch();
        consume("bench.pq");
        latencies = malloc(n * sizeof *latencies);
        begin();
        for (uint64_t i = 0; i < n; i++) {
            double sent = now();
            publish("bench.p.b");
            receive_and_ack();
            latencies[i] = (now() - sent) * 1e6;
        }
        end();
    } else {
        die("unknown mode");
    }
    report("rabbitmq-c", mode, n, body.len, latencies);
    amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(connection);
    return 0;
}

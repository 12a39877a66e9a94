// Not a client: the floor. rabbitmq-c does the set-up; the timed section moves raw frames on its socket, coalesced:
// publishes in writes of 64 KiB, and for each read one write with an ack for each message in it. It shows what the
// kernel and the broker's small packets cost, whatever the client.
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#define METHOD(class, method) ((uint32_t)(class) << 16 | (method))
#define WRITE_SIZE (64 * 1024)
#define READ_SIZE (1 << 20)

static int descriptor;
static char *body;
static size_t size;
static const char *key = "bench.a.b";
static uint8_t delivery_mode = 1;
static uint8_t *out, *in;
static size_t out_length, in_length;

static void put8(uint8_t value) { out[out_length++] = value; }
static void put16(uint16_t value) { put8(value >> 8), put8(value); }
static void put32(uint32_t value) { put16(value >> 16), put16(value); }
static void put64(uint64_t value) { put32(value >> 32), put32(value); }
static void put_text(const char *value) {
    size_t length = strlen(value);
    put8(length);
    memcpy(out + out_length, value, length);
    out_length += length;
}
static uint32_t get32(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }
static uint64_t get64(const uint8_t *p) { return (uint64_t)get32(p) << 32 | get32(p + 4); }

static size_t open_frame(int type) {
    size_t start = out_length;
    put8(type), put16(1), put32(0);
    return start;
}

static void close_frame(size_t start) {
    size_t end = out_length;
    out_length = start + 3;
    put32(end - start - 7);
    out_length = end;
    put8(0xCE);
}

static void flush(void) {
    for (size_t sent = 0; sent < out_length;) {
        ssize_t count = send(descriptor, out + sent, out_length - sent, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) die("send");
        if (count > 0) sent += count;
    }
    out_length = 0;
}

static void publish(void) {
    size_t frame = open_frame(1);
    put32(METHOD(60, 40)), put16(0), put_text("bench.ex"), put_text(key), put8(0);
    close_frame(frame);
    frame = open_frame(2);
    put16(60), put16(0), put64(size), put16(0x1000), put8(delivery_mode);
    close_frame(frame);
    frame = open_frame(3);
    memcpy(out + out_length, body, size);
    out_length += size;
    close_frame(frame);
    if (out_length >= WRITE_SIZE) flush();
}

/// Reads once and hands every whole frame to `take`.
static void receive(void (*take)(int type, const uint8_t *payload, uint32_t length)) {
    ssize_t count = recv(descriptor, in + in_length, READ_SIZE - in_length, 0);
    if (count <= 0) die("recv");
    in_length += count;
    size_t taken = 0;
    while (in_length - taken >= 8) {
        uint32_t length = get32(in + taken + 3);
        if (in_length - taken < length + 8) break;
        take(in[taken], in + taken + 7, length);
        taken += length + 8;
    }
    memmove(in, in + taken, in_length - taken);
    in_length -= taken;
}

static void take_confirm(int type, const uint8_t *payload, uint32_t length) {
    (void)length;
    if (type != 1) return;
    if (get32(payload) != METHOD(60, 80)) die("something else than a confirm");
    confirm(get64(payload + 4), payload[12] & 1);
}

static uint64_t received, tag, left;

static void take_delivery(int type, const uint8_t *payload, uint32_t length) {
    if (type == 1 && get32(payload) == METHOD(60, 60)) {
        tag = get64(payload + 5 + payload[4]);
    } else if (type == 2) {
        left = get64(payload + 4);
    } else if (type == 3) {
        left -= length;
        if (left) return;
        received++;
        size_t frame = open_frame(1);
        put32(METHOD(60, 80)), put64(tag), put8(0);
        close_frame(frame);
        if (out_length >= WRITE_SIZE) flush();
    } else if (type == 1 && get32(payload) != METHOD(60, 21)) {
        die("something else than a delivery");
    }
}

int main(int count, char **arguments) {
    if (count < 4) die("usage: floor MODE N SIZE [INFLIGHT]");
    const char *mode = arguments[1];
    uint64_t n = strtoull(arguments[2], 0, 10);
    size = strtoull(arguments[3], 0, 10);
    uint64_t in_flight = count > 4 ? strtoull(arguments[4], 0, 10) : 1000;
    if (size == 0 || size > 131064) die("a body is one frame here: SIZE from 1 to 131064");
    body = malloc(size), out = malloc(WRITE_SIZE + size + 1024), in = malloc(READ_SIZE);
    if (!body || !out || !in) die("out of memory");
    memset(body, 'x', size);
    connect_broker();
    descriptor = amqp_get_sockfd(connection);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);

    if (!strcmp(mode, "publish_noconfirm")) {
        declare("bench.q", key, 1000);
        begin();
        for (uint64_t i = 0; i < n; i++) publish();
        flush();
        count_messages("bench.q");
        end();
    } else if (!strcmp(mode, "publish_confirm") || !strcmp(mode, "publish_confirm_persistent")) {
        int is_persistent = !strcmp(mode, "publish_confirm_persistent");
        if (is_persistent) key = "bench.d.b", delivery_mode = 2;
        declare(is_persistent ? "bench.dq" : "bench.q", key, 1000);
        select_confirms();
        expect_confirms(n);
        begin();
        for (uint64_t sent = 0; confirmed < n;) {
            for (; sent < n && sent - confirmed < in_flight; sent++) publish();
            flush();
            receive(take_confirm);
        }
        end();
    } else if (!strcmp(mode, "consume_ack")) {
        if (count_messages("bench.cq") != n) die("bench.cq does not hold N messages: run prefill first");
        amqp_basic_qos(connection, 1, 0, 500, 0);
        check_reply("basic.qos");
        begin();
        size_t frame = open_frame(1);
        put32(METHOD(60, 20)), put16(0), put_text("bench.cq"), put_text(""), put8(0), put32(0);
        close_frame(frame);
        flush();
        while (received < n) {
            receive(take_delivery);
            flush();
        }
        count_messages("bench.cq");
        end();
    } else {
        die("unknown mode");
    }
    report("floor", mode, n, size, NULL);
    amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
    return 0;
}

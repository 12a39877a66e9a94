// No broker: speaks just enough AMQP 0-9-1 to let a client run into its own limit.
//
//     nullbroker N SIZE
//
// It listens on a free port of 127.0.0.1 and prints "ready PORT". It discards what is published, confirms once for each
// read (multiple), answers every declaration with "N messages", and streams N messages of SIZE bytes after
// basic.consume. On SIGTERM it takes what is still under way and prints "published P acked A".
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define METHOD(class, method) ((uint32_t)(class) << 16 | (method))
#define MAX_CONNECTIONS 32
#define MAX_CHANNELS 64
#define MAX_FRAME 131072
#define IN_CAPACITY (1u << 20)
#define STREAM_CHUNK (128u * 1024u)

enum closing { OPEN, AFTER_FLUSH, NOW };

struct channel {
    int confirms;
    uint64_t published, confirmed, remaining;
};

struct connection {
    int descriptor, is_greeted;
    enum closing closing;
    uint8_t *in, *out;
    size_t in_length, out_length, out_sent, out_capacity;
    struct channel channels[MAX_CHANNELS];
    // The stream of deliveries: how many are left, their frames with a place for the tag, and which tags are settled.
    uint64_t stream_left, stream_tag, lowest_unsettled;
    uint16_t stream_channel;
    uint8_t *delivery, *settled;
    size_t delivery_length, tag_offset;
};

static uint64_t message_count, published, acked;
static size_t message_size;
static volatile sig_atomic_t is_ending;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) die("out of memory");
    return memory;
}

static void refuse(struct connection *c, const char *why) {
    fprintf(stderr, "nullbroker: %s\n", why);
    c->closing = NOW;
}

static uint32_t get16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static uint32_t get32(const uint8_t *p) { return get16(p) << 16 | get16(p + 2); }
static uint64_t get64(const uint8_t *p) { return (uint64_t)get32(p) << 32 | get32(p + 4); }

// Writers return the place behind what they wrote.
static uint8_t *put8(uint8_t *p, uint8_t value) { *p = value; return p + 1; }
static uint8_t *put16(uint8_t *p, uint16_t value) { return put8(put8(p, value >> 8), value); }
static uint8_t *put32(uint8_t *p, uint32_t value) { return put16(put16(p, value >> 16), value); }
static uint8_t *put64(uint8_t *p, uint64_t value) { return put32(put32(p, value >> 32), value); }
static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t n) { memcpy(p, bytes, n); return p + n; }
static uint8_t *put_short(uint8_t *p, const char *s) { return put_bytes(put8(p, strlen(s)), s, strlen(s)); }
static uint8_t *put_long(uint8_t *p, const char *s) { return put_bytes(put32(p, strlen(s)), s, strlen(s)); }
static uint8_t *put_field(uint8_t *p, const char *k, const char *v) { return put_long(put8(put_short(p, k), 'S'), v); }

static uint8_t *open_frame(uint8_t *p, int type, uint16_t channel) { return put16(put8(p, type), channel) + 4; }
static uint8_t *close_frame(uint8_t *frame, uint8_t *p) {
    put32(frame + 3, p - frame - 7);
    return put8(p, 0xCE);
}

static void flush(struct connection *c) {
    while (c->out_sent < c->out_length) {
        ssize_t sent = send(c->descriptor, c->out + c->out_sent, c->out_length - c->out_sent, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN && errno != EINTR) c->closing = NOW;
            return;
        }
        c->out_sent += sent;
    }
    c->out_sent = c->out_length = 0;
}

static uint8_t *reserve(struct connection *c, size_t size) {
    if (c->out_length + size > c->out_capacity) {
        c->out_capacity = (c->out_length + size) * 2;
        c->out = realloc(c->out, c->out_capacity);
        if (!c->out) die("out of memory");
    }
    return c->out + c->out_length;
}

static void send_method(struct connection *c, uint16_t channel, uint32_t method, const void *arguments, size_t n) {
    uint8_t *frame = reserve(c, n + 12), *p = open_frame(frame, 1, channel);
    p = close_frame(frame, put_bytes(put32(p, method), arguments, n));
    c->out_length += p - frame;
}

static void send_start(struct connection *c) {
    static const char *capabilities[] = {
        "publisher_confirms", "exchange_exchange_bindings", "basic.nack", "consumer_cancel_notify",
        "connection.blocked", "consumer_priorities", "authentication_failure_close", "per_consumer_qos",
        "direct_reply_to",
    };
    uint8_t arguments[2048], *table = put8(put8(arguments, 0), 9), *p = table + 4;
    p = put8(put_short(p, "capabilities"), 'F');
    uint8_t *nested = p;
    p += 4;
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
        p = put8(put8(put_short(p, capabilities[i]), 't'), 1);
    put32(nested, p - nested - 4);
    p = put_field(p, "product", "RabbitMQ");
    p = put_field(p, "version", "3.10.8");
    p = put_field(p, "platform", "nullbroker");
    put32(table, p - table - 4);
    p = put_long(put_long(p, "PLAIN AMQPLAIN"), "en_US");
    send_method(c, 0, METHOD(10, 10), arguments, p - arguments);
}

static void start_stream(struct connection *c, uint16_t channel, const uint8_t *tag) {
    free(c->delivery);
    free(c->settled);
    c->settled = allocate(message_count + 2);
    uint8_t *p = c->delivery = allocate(message_size + 1024), *frame = p;
    p = put32(open_frame(p, 1, channel), METHOD(60, 60));
    p = put_bytes(p, tag, 1 + *tag);
    c->tag_offset = p - c->delivery;
    p = put_short(put_short(put8(put64(p, 0), 0), "bench.ex"), "bench.c.b");
    frame = p = close_frame(frame, p);
    p = put64(put16(put16(open_frame(p, 2, channel), 60), 0), message_size);
    p = put8(put16(p, 0x1000), 1);
    frame = p = close_frame(frame, p);
    if (message_size) {
        p = open_frame(p, 3, channel);
        memset(p, 'x', message_size);
        p = close_frame(frame, p + message_size);
    }
    c->delivery_length = p - c->delivery;
    c->stream_channel = channel;
    c->stream_left = message_count;
    c->stream_tag = c->lowest_unsettled = 1;
}

static void stream(struct connection *c) {
    for (int round = 0; c->stream_left && c->out_length == 0 && round < 4; round++) {
        size_t count = STREAM_CHUNK / c->delivery_length;
        if (count == 0) count = 1;
        if (count > c->stream_left) count = c->stream_left;
        uint8_t *p = reserve(c, count * c->delivery_length);
        for (size_t i = 0; i < count; i++, p += c->delivery_length) {
            memcpy(p, c->delivery, c->delivery_length);
            put64(p + c->tag_offset, c->stream_tag++);
        }
        c->out_length += count * c->delivery_length;
        c->stream_left -= count;
        flush(c);
    }
}

static void settle_one(struct connection *c, uint64_t tag) {
    if (c->settled[tag]) return;
    c->settled[tag] = 1;
    acked++;
}

static void settle(struct connection *c, uint64_t tag, int is_multiple) {
    if (!c->settled || tag == 0 || tag >= c->stream_tag) return refuse(c, "ack of a tag that was never sent");
    if (!is_multiple) return settle_one(c, tag);
    for (; c->lowest_unsettled <= tag; c->lowest_unsettled++) settle_one(c, c->lowest_unsettled);
}

/// Skips a short string.
static const uint8_t *skip(const uint8_t *p) { return p + 1 + *p; }

static void take_method(struct connection *c, uint16_t channel, const uint8_t *payload) {
    const uint8_t *a = payload + 4;  // the arguments
    uint8_t reply[600] = {0}, *p = reply;
    uint32_t method = get32(payload);
    switch (method) {
    case METHOD(10, 11):  // start-ok: tune
        p = put16(put32(put16(p, 2047), MAX_FRAME), 60);
        return send_method(c, 0, METHOD(10, 30), reply, p - reply);
    case METHOD(10, 40): return send_method(c, 0, METHOD(10, 41), reply, 1);
    case METHOD(10, 50): c->closing = AFTER_FLUSH; return send_method(c, 0, METHOD(10, 51), reply, 0);
    case METHOD(20, 10):
        memset(&c->channels[channel], 0, sizeof c->channels[channel]);
        return send_method(c, channel, METHOD(20, 11), reply, 4);
    case METHOD(20, 20): return send_method(c, channel, METHOD(20, 21), a, 1);
    case METHOD(20, 40):
        if (c->stream_channel == channel) c->stream_left = 0;
        return send_method(c, channel, METHOD(20, 41), reply, 0);
    case METHOD(40, 10):  // exchange.declare: bit 4 is no-wait
        if (!(*skip(skip(a + 2)) & 16)) send_method(c, channel, METHOD(40, 11), reply, 0);
        return;
    case METHOD(40, 20): return send_method(c, channel, METHOD(40, 21), reply, 0);
    case METHOD(50, 10):  // queue.declare: bit 4 is no-wait
        if (*skip(a + 2) & 16) return;
        p = put32(put32(put_bytes(p, a + 2, 1 + a[2]), message_count), 0);
        return send_method(c, channel, METHOD(50, 11), reply, p - reply);
    case METHOD(50, 20):
        if (!(*skip(skip(skip(a + 2))) & 1)) send_method(c, channel, METHOD(50, 21), reply, 0);
        return;
    case METHOD(50, 30): return send_method(c, channel, METHOD(50, 31), reply, 4);
    case METHOD(50, 40): return send_method(c, channel, METHOD(50, 41), reply, 4);
    case METHOD(50, 50): return send_method(c, channel, METHOD(50, 51), reply, 0);
    case METHOD(60, 10): return send_method(c, channel, METHOD(60, 11), reply, 0);
    case METHOD(60, 20): {  // basic.consume: bit 3 is no-wait
        const uint8_t *tag = skip(a + 2), *bits = skip(tag);
        if (!*tag) tag = (const uint8_t *)"\013nullbroker1";
        if (!(*bits & 8)) send_method(c, channel, METHOD(60, 21), tag, 1 + *tag);
        return start_stream(c, channel, tag);
    }
    case METHOD(60, 30):
        c->stream_left = 0;
        if (!(*skip(a) & 1)) send_method(c, channel, METHOD(60, 31), a, 1 + *a);
        return;
    case METHOD(60, 80): return settle(c, get64(a), a[8] & 1);
    case METHOD(85, 10):
        c->channels[channel].confirms = 1;
        if (!(a[0] & 1)) send_method(c, channel, METHOD(85, 11), reply, 0);
        return;
    case METHOD(10, 31): case METHOD(10, 51): case METHOD(20, 41):  // tune-ok, close-ok
    case METHOD(60, 40): case METHOD(60, 90): case METHOD(60, 120):  // publish (its header counts), reject, nack
        return;
    default: fprintf(stderr, "nullbroker: no answer to method %u.%u\n", method >> 16, method & 0xFFFF);
    }
}

static void take_body(struct channel *channel, uint64_t length) {
    channel->remaining -= length;
    if (channel->remaining) return;
    channel->published++;
    published++;
}

static void take_frame(struct connection *c, const uint8_t *frame, uint32_t length) {
    uint16_t number = get16(frame + 1);
    if (frame[7 + length] != 0xCE) return refuse(c, "a frame without its end");
    if (number >= MAX_CHANNELS) return refuse(c, "a channel number that is too high");
    struct channel *channel = &c->channels[number];
    switch (frame[0]) {
    case 1: return take_method(c, number, frame + 7);
    case 2:
        channel->remaining = get64(frame + 11);
        if (channel->remaining == 0) take_body(channel, 0);
        return;
    case 3: return take_body(channel, length);
    case 8: return;
    default: refuse(c, "a frame of unknown type");
    }
}

static void confirm_published(struct connection *c) {
    for (uint16_t number = 1; number < MAX_CHANNELS; number++) {
        struct channel *channel = &c->channels[number];
        if (!channel->confirms || channel->published == channel->confirmed) continue;
        uint8_t arguments[9];
        put8(put64(arguments, channel->published), 1);
        send_method(c, number, METHOD(60, 80), arguments, 9);
        channel->confirmed = channel->published;
    }
}

static void take_input(struct connection *c) {
    ssize_t count = recv(c->descriptor, c->in + c->in_length, IN_CAPACITY - c->in_length, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) c->closing = NOW;
    if (count <= 0) return;
    c->in_length += count;
    size_t taken = 0;
    if (!c->is_greeted) {
        if (c->in_length < 8) return;
        if (memcmp(c->in, "AMQP\0\0\x09\x01", 8)) return refuse(c, "another protocol header");
        c->is_greeted = 1;
        taken = 8;
        send_start(c);
    }
    while (c->closing != NOW && c->in_length - taken >= 8) {
        uint32_t length = get32(c->in + taken + 3);
        if (length > MAX_FRAME) return refuse(c, "a frame that is too large");
        if (c->in_length - taken < length + 8) break;
        take_frame(c, c->in + taken, length);
        taken += length + 8;
    }
    memmove(c->in, c->in + taken, c->in_length - taken);
    c->in_length -= taken;
    confirm_published(c);
}

static struct connection *accept_connection(int listener) {
    int descriptor = accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
    if (descriptor < 0) return NULL;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *c = allocate(sizeof *c);
    c->descriptor = descriptor;
    c->in = allocate(IN_CAPACITY);
    return c;
}

static void destroy(struct connection *c) {
    close(c->descriptor);
    free(c->in), free(c->out), free(c->delivery), free(c->settled), free(c);
}

static int listen_anywhere(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (void *)&address, length) || listen(listener, 16)) die("listen");
    if (getsockname(listener, (void *)&address, &length)) die("getsockname");
    printf("ready %u\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void end(int signal) {
    (void)signal;
    is_ending = 1;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: nullbroker N SIZE\n");
        return 64;
    }
    message_count = strtoull(arguments[1], 0, 10);
    message_size = strtoull(arguments[2], 0, 10);
    if (message_size > MAX_FRAME - 8) {
        fprintf(stderr, "nullbroker: SIZE must fit in one frame\n");
        return 64;
    }
    signal(SIGTERM, end);
    int listener = listen_anywhere(), open = 0;
    struct connection *connections[MAX_CONNECTIONS];
    // When asked to end, what clients sent before they went is still read.
    while (!is_ending || open > 0) {
        struct pollfd requests[MAX_CONNECTIONS + 1] = {{.fd = listener, .events = POLLIN}};
        for (int i = 0; i < open; i++) {
            struct connection *c = connections[i];
            int wants_write = c->out_length || c->stream_left;
            requests[i + 1] = (struct pollfd){.fd = c->descriptor, .events = POLLIN | (wants_write ? POLLOUT : 0)};
        }
        if (poll(requests, open + 1, 100) < 0 && errno != EINTR) die("poll");
        for (int i = 0; i < open; i++) {
            struct connection *c = connections[i];
            if (requests[i + 1].revents & (POLLIN | POLLHUP | POLLERR)) take_input(c);
            if (c->closing != NOW) flush(c);
            if (c->closing == OPEN) stream(c);
        }
        if (requests[0].revents & POLLIN && open < MAX_CONNECTIONS) {
            struct connection *c = accept_connection(listener);
            if (c) connections[open++] = c;
        }
        for (int i = 0; i < open;) {
            struct connection *c = connections[i];
            if (c->closing == NOW || (c->closing == AFTER_FLUSH && c->out_length == 0)) {
                destroy(c);
                connections[i] = connections[--open];
            } else {
                i++;
            }
        }
    }
    printf("published %llu acked %llu\n", (unsigned long long)published, (unsigned long long)acked);
    return 0;
}

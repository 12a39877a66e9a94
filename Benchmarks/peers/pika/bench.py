"""The pika client: its SelectConnection, which can pipeline."""

import json
import os
import resource
import sys
import time

import pika

QUEUES = {  # mode: queue, routing key, delivery mode, arguments
    "publish_noconfirm": ("bench.q", "bench.a.b", 1, {"x-max-length": 1000}),
    "publish_confirm": ("bench.q", "bench.a.b", 1, {"x-max-length": 1000}),
    "publish_confirm_persistent": ("bench.dq", "bench.d.b", 2, {"x-max-length": 1000}),
    "consume_ack": ("bench.cq", "bench.c.b", 1, None),
    "pingpong": ("bench.pq", "bench.p.b", 1, None),
}


class Bench:
    def __init__(self, mode, n, size, in_flight):
        self.mode, self.n, self.size, self.in_flight = mode, n, size, in_flight
        self.queue, self.key, delivery_mode, self.arguments = QUEUES[mode]
        self.properties = pika.BasicProperties(delivery_mode=delivery_mode)
        self.body = b"x" * size
        self.sent = self.confirmed = self.received = 0
        self.lowest, self.seen = 1, bytearray(n + 2)
        self.latencies = []

    def run(self):
        self.connection = pika.SelectConnection(
            pika.ConnectionParameters("127.0.0.1", int(os.environ.get("BENCH_PORT", "5672"))),
            on_open_callback=lambda c: c.channel(on_open_callback=self.on_channel),
            on_open_error_callback=self.on_lost,
            on_close_callback=self.on_lost,
        )
        self.connection.ioloop.start()

    def on_lost(self, _connection, error):
        print(f"error: {error}", file=sys.stderr)
        sys.stderr.flush()
        os._exit(1)

    # Set-up: exchange, queue, binding, then what the mode needs.

    def on_channel(self, channel):
        self.channel = channel
        if self.mode == "consume_ack":
            channel.queue_declare(self.queue, passive=True, callback=self.on_counted)
        else:
            channel.exchange_declare("bench.ex", "topic", durable=True, callback=self.on_exchange)

    def on_counted(self, frame):
        if frame.method.message_count != self.n:
            self.on_lost(None, "bench.cq does not hold N messages: run prefill first")
        self.channel.basic_qos(prefetch_count=500, callback=self.begin)

    def on_exchange(self, _frame):
        self.channel.queue_declare(self.queue, durable=True, arguments=self.arguments, callback=self.on_queue)

    def on_queue(self, _frame):
        self.channel.queue_bind(self.queue, "bench.ex", self.key, callback=self.on_bound)

    def on_bound(self, frame):
        if self.mode == "publish_noconfirm":
            self.begin(frame)
        elif self.mode == "pingpong":
            self.channel.basic_qos(prefetch_count=500, callback=self.on_prefetch)
        else:
            self.channel.confirm_delivery(self.on_confirm, callback=self.begin)

    def on_prefetch(self, _frame):
        self.channel.basic_consume(self.queue, self.on_pong, callback=self.begin)

    # The timed section.

    def begin(self, _frame):
        self.before, self.started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        if self.mode == "publish_noconfirm":
            self.publish_some()
        elif self.mode == "consume_ack":
            self.channel.basic_consume(self.queue, self.on_delivery)
        elif self.mode == "pingpong":
            self.ping()
        else:
            self.fill_window()

    def publish(self):
        self.channel.basic_publish("bench.ex", self.key, self.body, self.properties)
        self.sent += 1

    def publish_some(self):
        """A hundred, then the loop may write: that bounds what is buffered."""
        for _ in range(min(100, self.n - self.sent)):
            self.publish()
        if self.sent == self.n:
            self.channel.queue_declare(self.queue, passive=True, callback=self.end)
        elif self.connection._get_write_buffer_size() > 1 << 20:
            self.connection.ioloop.call_later(0.001, self.publish_some)
        else:
            self.connection.ioloop.add_callback_threadsafe(self.publish_some)

    def fill_window(self):
        while self.sent < self.n and self.sent - self.confirmed < self.in_flight:
            self.publish()

    def confirm(self, tag):
        if not self.seen[tag]:
            self.seen[tag] = 1
            self.confirmed += 1

    def on_confirm(self, frame):
        method = frame.method
        if not isinstance(method, pika.spec.Basic.Ack):
            self.on_lost(None, "nack")
        if method.multiple:
            while self.lowest <= method.delivery_tag:
                self.confirm(self.lowest)
                self.lowest += 1
        else:
            self.confirm(method.delivery_tag)
        if self.confirmed == self.n:
            self.end()
        else:
            self.fill_window()

    def on_delivery(self, channel, method, _properties, body):
        if len(body) != self.size:
            self.on_lost(None, "size")
        channel.basic_ack(method.delivery_tag)
        self.received += 1
        if self.received == self.n:
            channel.queue_declare(self.queue, passive=True, callback=self.end)

    def ping(self):
        self.pinged = time.perf_counter()
        self.publish()

    def on_pong(self, channel, method, _properties, _body):
        channel.basic_ack(method.delivery_tag)
        self.latencies.append((time.perf_counter() - self.pinged) * 1e6)
        if len(self.latencies) == self.n:
            self.end()
        else:
            self.ping()

    def end(self, _frame=None):
        wall, after = time.perf_counter() - self.started, resource.getrusage(resource.RUSAGE_SELF)
        result = {
            "client": "pika", "mode": self.mode, "n": self.n, "size": self.size,
            "wall_s": round(wall, 4), "msgs_per_s": round(self.n / wall, 1),
            "user_s": round(after.ru_utime - self.before.ru_utime, 4),
            "sys_s": round(after.ru_stime - self.before.ru_stime, 4),
        }
        if self.latencies:
            self.latencies.sort()
            for name, share in (("p50_us", 0.50), ("p95_us", 0.95), ("p99_us", 0.99)):
                result[name] = round(self.latencies[int(self.n * share)], 1)
        print(json.dumps(result))
        sys.stdout.flush()
        os._exit(0)


if len(sys.argv) < 4 or sys.argv[1] not in QUEUES:
    sys.exit(f"usage: bench.py {'|'.join(QUEUES)} N SIZE [INFLIGHT]")
Bench(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 1000).run()

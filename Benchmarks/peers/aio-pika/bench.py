"""The aio-pika client: one await for each publish, INFLIGHT tasks of them where confirms are on."""

import asyncio
import json
import os
import resource
import sys
import time

import aio_pika

QUEUES = {
    "publish_noconfirm": ("bench.q", "bench.a.b"),
    "publish_confirm": ("bench.q", "bench.a.b"),
    "publish_confirm_persistent": ("bench.dq", "bench.d.b"),
    "consume_ack": ("bench.cq", "bench.c.b"),
    "pingpong": ("bench.pq", "bench.p.b"),
}


def moment():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), usage.ru_utime, usage.ru_stime


async def publish(exchange, key, message, n, tasks):
    left = n

    async def work():
        nonlocal left
        while left > 0:
            left -= 1
            await exchange.publish(message(), key)

    await asyncio.gather(*(work() for _ in range(tasks)))


async def consume(queue, n):
    count = 0
    done = asyncio.get_running_loop().create_future()

    async def take(message):
        nonlocal count
        await message.ack()
        count += 1
        if count == n:
            done.set_result(None)

    await queue.consume(take)
    await done


async def pingpong(exchange, queue, key, message, n):
    latencies = []
    async with queue.iterator() as messages:
        for _ in range(n):
            start = time.perf_counter()
            await exchange.publish(message(), key)
            await (await messages.__anext__()).ack()
            latencies.append((time.perf_counter() - start) * 1e6)
    return sorted(latencies)


async def main(mode, n, size, in_flight=1000):
    name, key = QUEUES[mode]
    port = os.environ.get("BENCH_PORT", "5672")
    connection = await aio_pika.connect(f"amqp://guest:guest@127.0.0.1:{port}/")
    channel = await connection.channel(publisher_confirms=mode.startswith("publish_confirm"))
    body = b"x" * size
    persistent = mode.endswith("persistent")
    delivery_mode = aio_pika.DeliveryMode.PERSISTENT if persistent else aio_pika.DeliveryMode.NOT_PERSISTENT

    def message():
        return aio_pika.Message(body, delivery_mode=delivery_mode)

    latencies = []
    if mode == "consume_ack":
        queue = await channel.declare_queue(name, passive=True)
        await channel.set_qos(prefetch_count=500)
        start = moment()
        await consume(queue, n)
        await channel.declare_queue(name, passive=True)
    else:
        exchange = await channel.declare_exchange("bench.ex", aio_pika.ExchangeType.TOPIC, durable=True)
        arguments = {"x-max-length": 1000} if mode.startswith("publish") else None
        queue = await channel.declare_queue(name, durable=True, arguments=arguments)
        await queue.bind(exchange, key)
        if mode == "pingpong":
            await queue.purge()
            await channel.set_qos(prefetch_count=500)
            start = moment()
            latencies = await pingpong(exchange, queue, key, message, n)
        else:
            start = moment()
            await publish(exchange, key, message, n, in_flight if mode.startswith("publish_confirm") else 1)
            if mode == "publish_noconfirm":
                await channel.declare_queue(name, passive=True)
    wall, user, system = (end - begin for end, begin in zip(moment(), start))
    line = {
        "client": "aio-pika",
        "mode": mode,
        "n": n,
        "size": size,
        "wall_s": wall,
        "msgs_per_s": n / wall,
        "user_s": user,
        "sys_s": system,
    }
    if latencies:
        line |= {f"p{share}_us": latencies[n * share // 100] for share in (50, 95, 99)}
    print(json.dumps(line), flush=True)
    os._exit(0)


asyncio.run(main(sys.argv[1], *(int(each) for each in sys.argv[2:])))

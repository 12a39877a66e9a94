// The RabbitMQ Java client. BENCH_WARMUP messages (default 50000) go first, untimed, so that the code is compiled.
import com.rabbitmq.client.*;
import java.io.IOException;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

public class Bench {
    static Channel channel;
    static byte[] body;
    static double[] cpuBefore, cpuAfter;
    static long started, ended;

    static void fail(String why) {
        System.err.println("error: " + why);
        System.exit(1);
    }

    /** User and system time of this process, in seconds. */
    static double[] cpu() throws IOException {
        String stat = new String(Files.readAllBytes(Paths.get("/proc/self/stat")));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new double[] {Long.parseLong(fields[11]) / 100.0, Long.parseLong(fields[12]) / 100.0};
    }

    static void begin() throws IOException {
        cpuBefore = cpu();
        started = System.nanoTime();
    }

    static void end() throws IOException {
        ended = System.nanoTime();
        cpuAfter = cpu();
    }

    static void declare(String queue, String key, int maxLength) throws IOException {
        channel.exchangeDeclare("bench.ex", "topic", true);
        Map<String, Object> arguments = new HashMap<>();
        if (maxLength > 0) arguments.put("x-max-length", maxLength);
        channel.queueDeclare(queue, true, false, false, arguments);
        channel.queueBind(queue, "bench.ex", key);
    }

    static int count(String queue) throws IOException {
        return channel.queueDeclarePassive(queue).getMessageCount();
    }

    static AMQP.BasicProperties deliveryMode(int mode) {
        return new AMQP.BasicProperties.Builder().deliveryMode(mode).build();
    }

    static class Confirms implements ConfirmListener {
        final int inFlight;
        final Semaphore window;
        final BitSet seen = new BitSet();
        long lowest = 1;

        Confirms(int inFlight) {
            this.inFlight = inFlight;
            window = new Semaphore(inFlight);
        }

        private int confirm(long tag) {
            if (seen.get((int) tag)) return 0;
            seen.set((int) tag);
            return 1;
        }

        @Override public synchronized void handleAck(long tag, boolean multiple) {
            int confirmed = 0;
            if (multiple) for (; lowest <= tag; lowest++) confirmed += confirm(lowest);
            else confirmed = confirm(tag);
            if (confirmed > 0) window.release(confirmed);
        }

        @Override public void handleNack(long tag, boolean multiple) {
            fail("nack");
        }
    }

    static void publish(int n, String key, AMQP.BasicProperties properties, Confirms confirms) throws Exception {
        for (int i = 0; i < n; i++) {
            if (confirms != null) confirms.window.acquire();
            channel.basicPublish("bench.ex", key, properties, body);
        }
        if (confirms == null) return;
        confirms.window.acquire(confirms.inFlight);
        confirms.window.release(confirms.inFlight);
    }

    /** Takes and acks n messages; returns the consumer's tag. */
    static String consume(String queue, int n) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        String tag = channel.basicConsume(queue, false, new DefaultConsumer(channel) {
            int received;

            @Override public void handleDelivery(String t, Envelope envelope, AMQP.BasicProperties p, byte[] bytes)
                    throws IOException {
                if (bytes.length != body.length) fail("size");
                getChannel().basicAck(envelope.getDeliveryTag(), false);
                if (++received == n) done.countDown();
            }
        });
        done.await();
        count(queue);
        return tag;
    }

    static void warmUpConsumer(int n) throws Exception {
        if (System.getenv("BENCH_NULL") != null) {
            // The null broker streams anew for every consumer, so the same queue does.
            channel.basicCancel(consume("bench.cq", n));
            return;
        }
        int warm = warmUp();
        if (warm == 0) return;
        declare("bench.wq", "bench.w.b", 0);
        publish(warm, "bench.w.b", deliveryMode(1), null);
        count("bench.wq");
        channel.basicCancel(consume("bench.wq", warm));
        channel.queueDelete("bench.wq");
    }

    static int warmUp() {
        return Integer.parseInt(System.getenv().getOrDefault("BENCH_WARMUP", "50000"));
    }

    /** One thread publishes and acks, another hands the delivery over: the blocking shape that users write. */
    static double[] pingPong(int n) throws Exception {
        SynchronousQueue<Long> tags = new SynchronousQueue<>();
        channel.basicConsume("bench.pq", false, new DefaultConsumer(channel) {
            @Override public void handleDelivery(String t, Envelope envelope, AMQP.BasicProperties p, byte[] bytes) {
                try {
                    tags.put(envelope.getDeliveryTag());
                } catch (InterruptedException error) {
                    throw new RuntimeException(error);
                }
            }
        });
        double[] latencies = new double[n];
        for (int i = -Math.min(warmUp(), 5000); i < n; i++) {
            if (i == 0) begin();
            long sent = System.nanoTime();
            channel.basicPublish("bench.ex", "bench.p.b", deliveryMode(1), body);
            channel.basicAck(tags.take(), false);
            if (i >= 0) latencies[i] = (System.nanoTime() - sent) / 1e3;
        }
        end();
        return latencies;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 3) fail("usage: java-bench MODE N SIZE [INFLIGHT]");
        String mode = arguments[0];
        int n = Integer.parseInt(arguments[1]), size = Integer.parseInt(arguments[2]);
        int inFlight = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 1000;
        body = new byte[size];
        Arrays.fill(body, (byte) 'x');
        double[] latencies = null;
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost("127.0.0.1");
        factory.setPort(Integer.parseInt(System.getenv().getOrDefault("BENCH_PORT", "5672")));
        channel = factory.newConnection().createChannel();

        switch (mode) {
            case "publish_noconfirm":
                declare("bench.q", "bench.a.b", 1000);
                publish(warmUp(), "bench.a.b", deliveryMode(1), null);
                count("bench.q");
                begin();
                publish(n, "bench.a.b", deliveryMode(1), null);
                count("bench.q");
                end();
                break;
            case "publish_confirm":
            case "publish_confirm_persistent":
                boolean isPersistent = mode.endsWith("persistent");
                String key = isPersistent ? "bench.d.b" : "bench.a.b";
                AMQP.BasicProperties properties = deliveryMode(isPersistent ? 2 : 1);
                declare(isPersistent ? "bench.dq" : "bench.q", key, 1000);
                channel.confirmSelect();
                Confirms confirms = new Confirms(inFlight);
                channel.addConfirmListener(confirms);
                publish(warmUp(), key, properties, confirms);
                begin();
                publish(n, key, properties, confirms);
                end();
                break;
            case "consume_ack":
                channel.basicQos(500);
                warmUpConsumer(n);
                if (count("bench.cq") != n) fail("bench.cq does not hold N messages: run prefill first");
                begin();
                consume("bench.cq", n);
                end();
                break;
            case "pingpong":
                declare("bench.pq", "bench.p.b", 0);
                channel.basicQos(500);
                latencies = pingPong(n);
                break;
            default:
                fail("unknown mode");
        }
        double wall = (ended - started) / 1e9;
        String line = String.format(Locale.ROOT,
            "{\"client\":\"java\",\"mode\":\"%s\",\"n\":%d,\"size\":%d,\"wall_s\":%.4f,\"msgs_per_s\":%.1f,"
                + "\"user_s\":%.4f,\"sys_s\":%.4f",
            mode, n, size, wall, n / wall, cpuAfter[0] - cpuBefore[0], cpuAfter[1] - cpuBefore[1]);
        if (latencies != null) {
            Arrays.sort(latencies);
            line += String.format(Locale.ROOT, ",\"p50_us\":%.1f,\"p95_us\":%.1f,\"p99_us\":%.1f",
                latencies[n / 2], latencies[(int) (n * 95L / 100)], latencies[(int) (n * 99L / 100)]);
        }
        System.out.println(line + "}");
        System.exit(0);
    }
}

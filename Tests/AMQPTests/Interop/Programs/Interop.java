import com.rabbitmq.client.*;
import java.io.*;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.Collectors;
import java.util.zip.Adler32;

/**
 * What the Java client sends and reads: Interop URL VERB…
 *
 * send EXCHANGE KEY    publishes the messages of the tests, in their order
 * receive QUEUE COUNT  takes messages and prints them, a line for each property that is there
 * bind                 binds a queue to amq.headers for each value of every type: its name and its argument
 *
 * A value is printed as the letter of its type and the value: b(-1), A(t(true), V()).
 */
public class Interop {
    static Map<String, Object> fields() {
        Map<String, Object> fields = new HashMap<>();
        fields.put("array", Arrays.asList(1, "two", List.of(), Collections.singletonMap("three", null)));
        fields.put("array-empty", List.of());
        fields.put("bool-false", false);
        fields.put("bool-true", true);
        fields.put("bytes", new byte[] {0, (byte) 255});
        fields.put("bytes-empty", new byte[0]);
        fields.put("decimal", new BigDecimal("3.14"));
        fields.put("decimal-least", new BigDecimal(BigInteger.valueOf(Integer.MIN_VALUE), 255));
        fields.put("decimal-most", new BigDecimal(Integer.MAX_VALUE));
        fields.put("double", -2.25);
        fields.put("double-most", Double.MAX_VALUE);
        fields.put("double-tiny", Double.MIN_VALUE);
        fields.put("double-zero", -0.0);
        fields.put("float", 1.5f);
        fields.put("float-most", Float.MAX_VALUE);
        fields.put("float-tiny", Float.MIN_VALUE);
        fields.put("int16-least", Short.MIN_VALUE);
        fields.put("int16-most", Short.MAX_VALUE);
        fields.put("int32-least", Integer.MIN_VALUE);
        fields.put("int32-most", Integer.MAX_VALUE);
        fields.put("int64-least", Long.MIN_VALUE);
        fields.put("int64-most", Long.MAX_VALUE);
        fields.put("int8-least", Byte.MIN_VALUE);
        fields.put("int8-most", Byte.MAX_VALUE);
        fields.put("table", Map.of("a", Map.of("b", List.of(true))));
        fields.put("table-empty", Map.of());
        fields.put("text", "Füchse, 狐, 🦊, \0");
        fields.put("text-empty", "");
        fields.put("time", new Date(1_700_000_000_000L));
        fields.put("time-before-1970", new Date(-1000));
        fields.put("void", null);
        fields.put("ключ, 鍵, 🗝", "key");
        fields.put("k".repeat(255), "long");
        return fields;
    }

    /** Publishes, and waits until the broker has all. */
    static void send(Channel channel, String exchange, String key) throws Exception {
        byte[] large = new byte[200 << 10];
        for (int i = 0; i < large.length; i++) large[i] = (byte) (i * 31 + (i >> 8));
        AMQP.BasicProperties all = new AMQP.BasicProperties.Builder()
            .contentType("text/plain; charset=utf-8").contentEncoding("gzip").headers(Map.of("key", "Füchse"))
            .deliveryMode(1).priority(255).correlationId("Füchse, 狐, 🦊").replyTo("reply").expiration("60000")
            .messageId("m".repeat(255)).timestamp(new Date(1_700_000_000_000L)).type("type").userId("guest").appId("app")
            .clusterId("cluster").build();
        AMQP.BasicProperties empty = new AMQP.BasicProperties.Builder()
            .contentType("").contentEncoding("").priority(0).correlationId("").replyTo("").messageId("")
            .timestamp(new Date(0)).type("").appId("").clusterId("").build();
        AMQP.BasicProperties none = new AMQP.BasicProperties();
        channel.confirmSelect();
        channel.basicPublish(exchange, key, all, new byte[] {0, (byte) 255, 1});
        channel.basicPublish(exchange, key, empty, new byte[0]);
        channel.basicPublish(exchange, key, none, new byte[0]);
        channel.basicPublish(exchange, key, none.builder().headers(fields()).build(), new byte[0]);
        channel.basicPublish(exchange, key, none, large);
        channel.waitForConfirmsOrDie();
    }

    static void receive(Channel channel, String queue, int count) throws Exception {
        BlockingQueue<Callable<Delivery>> arrived = new LinkedBlockingQueue<>();
        channel.basicConsume(queue, new DefaultConsumer(channel) {
            @Override public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties p, byte[] body) {
                arrived.add(() -> new Delivery(envelope, p, body));
            }

            @Override public void handleShutdownSignal(String tag, ShutdownSignalException signal) {
                arrived.add(() -> { throw signal; });
            }
        });
        for (; count > 0; count--) {
            Delivery delivery = arrived.take().call();
            show(delivery.getProperties(), delivery.getBody());
            channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
        }
    }

    static void bind(Channel channel) throws IOException {
        for (Map.Entry<String, Object> field : fields().entrySet()) {
            channel.queueDeclare(field.getKey(), true, false, false, null);
            channel.queueBind(field.getKey(), "amq.headers", "", Collections.singletonMap(field.getKey(), field.getValue()));
        }
    }

    static void show(AMQP.BasicProperties properties, byte[] body) {
        line("content-type", properties.getContentType());
        line("content-encoding", properties.getContentEncoding());
        if (properties.getHeaders() != null)
            new TreeMap<>(properties.getHeaders()).forEach((key, value) -> line("headers." + key, text(value)));
        line("delivery-mode", properties.getDeliveryMode());
        line("priority", properties.getPriority());
        line("correlation-id", properties.getCorrelationId());
        line("reply-to", properties.getReplyTo());
        line("expiration", properties.getExpiration());
        line("message-id", properties.getMessageId());
        if (properties.getTimestamp() != null) line("timestamp", properties.getTimestamp().getTime() / 1000);
        line("type", properties.getType());
        line("user-id", properties.getUserId());
        line("app-id", properties.getAppId());
        line("cluster-id", properties.getClusterId());
        Adler32 sum = new Adler32();
        sum.update(body);
        line("body", body.length + " bytes, Adler-32 " + sum.getValue());
    }

    static void line(String name, Object value) {
        if (value != null) System.out.println(name + ": " + value);
    }

    static String text(Object value) {
        if (value == null) return "V()";
        if (value instanceof Boolean) return "t(" + value + ")";
        if (value instanceof Byte) return "b(" + value + ")";
        if (value instanceof Short) return "s(" + value + ")";
        if (value instanceof Integer) return "I(" + value + ")";
        if (value instanceof Long) return "l(" + value + ")";
        if (value instanceof Float) return String.format("f(%08x)", Float.floatToRawIntBits((Float) value));
        if (value instanceof Double) return String.format("d(%016x)", Double.doubleToRawLongBits((Double) value));
        if (value instanceof BigDecimal decimal)
            return "D(" + decimal.scale() + ", " + decimal.unscaledValue() + ")";
        if (value instanceof LongString) return "S(" + value + ")";
        if (value instanceof byte[] bytes) return "x(" + HexFormat.of().formatHex(bytes) + ")";
        if (value instanceof Date time) return "T(" + time.getTime() / 1000 + ")";
        if (value instanceof List<?> values)
            return values.stream().map(Interop::text).collect(Collectors.joining(", ", "A(", ")"));
        if (value instanceof Map<?, ?> table)
            return table.entrySet().stream().map(entry -> entry.getKey() + ": " + text(entry.getValue()))
                .collect(Collectors.joining(", ", "F(", ")"));
        return value.getClass() + "(" + value + ")";
    }

    public static void main(String[] words) throws Exception {
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8));
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(words[0]);
        factory.setAutomaticRecoveryEnabled(false);
        Connection connection = factory.newConnection();
        try {
            Channel channel = connection.createChannel();
            switch (words[1]) {
                case "send" -> send(channel, words[2], words[3]);
                case "receive" -> receive(channel, words[2], Integer.parseInt(words[3]));
                case "bind" -> bind(channel);
                default -> throw new IllegalArgumentException("no such verb: " + words[1]);
            }
        } finally {
            connection.abort();
            System.out.flush();
        }
    }
}

// What the Go client sends and reads: interop URL VERB…
//
//	send EXCHANGE KEY    publishes the messages of the tests, in their order
//	receive QUEUE COUNT  takes messages and prints them, a line for each property that is there
//	bind                 binds a queue to amq.headers for each value of every type: its name and its argument
//	infinity             publishes a header that is no finite number
//
// A value is printed as the letter of its type and the value: b(-1), A(t(true), V()).
package main

import (
	"context"
	"errors"
	"fmt"
	"hash/adler32"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

func fields() amqp.Table {
	return amqp.Table{
		"array":                  []interface{}{int32(1), "two", []interface{}{}, amqp.Table{"three": nil}},
		"array-empty":            []interface{}{},
		"bool-false":             false,
		"bool-true":              true,
		"bytes":                  []byte{0, 255},
		"bytes-empty":            []byte{},
		"decimal":                amqp.Decimal{Scale: 2, Value: 314},
		"decimal-least":          amqp.Decimal{Scale: 255, Value: math.MinInt32},
		"decimal-most":           amqp.Decimal{Scale: 0, Value: math.MaxInt32},
		"double":                 -2.25,
		"double-most":            math.MaxFloat64,
		"double-tiny":            math.SmallestNonzeroFloat64,
		"double-zero":            math.Copysign(0, -1),
		"float":                  float32(1.5),
		"float-most":             float32(math.MaxFloat32),
		"float-tiny":             float32(math.SmallestNonzeroFloat32),
		"int16-least":            int16(math.MinInt16),
		"int16-most":             int16(math.MaxInt16),
		"int32-least":            int32(math.MinInt32),
		"int32-most":             int32(math.MaxInt32),
		"int64-least":            int64(math.MinInt64),
		"int64-most":             int64(math.MaxInt64),
		"int8-least":             int8(math.MinInt8),
		"int8-most":              int8(math.MaxInt8),
		"table":                  amqp.Table{"a": amqp.Table{"b": []interface{}{true}}},
		"table-empty":            amqp.Table{},
		"text":                   "Füchse, 狐, 🦊, \x00",
		"text-empty":             "",
		"time":                   time.Unix(1_700_000_000, 0),
		"time-before-1970":       time.Unix(-1, 0),
		"uint8-least":            byte(0),
		"uint8-most":             byte(math.MaxUint8),
		"void":                   nil,
		"ключ, 鍵, 🗝":             "key",
		strings.Repeat("k", 255): "long",
	}
}

func messages() []amqp.Publishing {
	large := make([]byte, 200<<10)
	for i := range large {
		large[i] = byte(i*31 + i>>8)
	}
	return []amqp.Publishing{
		{
			ContentType: "text/plain; charset=utf-8", ContentEncoding: "gzip", Headers: amqp.Table{"key": "Füchse"},
			DeliveryMode: amqp.Transient, Priority: 255, CorrelationId: "Füchse, 狐, 🦊", ReplyTo: "reply",
			Expiration: "60000", MessageId: strings.Repeat("m", 255), Timestamp: time.Unix(1_700_000_000, 0), Type: "type",
			UserId: "guest", AppId: "app", Body: []byte{0, 255, 1},
		},
		{},
		{Headers: fields()},
		{Body: large},
	}
}

// Prints a message; the client shows what is absent as a zero.
func show(message amqp.Delivery) {
	line := func(name string, value string) {
		if value != "" {
			fmt.Printf("%s: %s\n", name, value)
		}
	}
	number := func(name string, value uint8) {
		if value != 0 {
			line(name, strconv.Itoa(int(value)))
		}
	}
	line("content-type", message.ContentType)
	line("content-encoding", message.ContentEncoding)
	for _, key := range keys(message.Headers) {
		line("headers."+key, text(message.Headers[key]))
	}
	number("delivery-mode", message.DeliveryMode)
	number("priority", message.Priority)
	line("correlation-id", message.CorrelationId)
	line("reply-to", message.ReplyTo)
	line("expiration", message.Expiration)
	line("message-id", message.MessageId)
	if !message.Timestamp.IsZero() {
		line("timestamp", strconv.FormatInt(message.Timestamp.Unix(), 10))
	}
	line("type", message.Type)
	line("user-id", message.UserId)
	line("app-id", message.AppId)
	fmt.Printf("body: %d bytes, Adler-32 %d\n", len(message.Body), adler32.Checksum(message.Body))
}

func text(value interface{}) string {
	switch value := value.(type) {
	case nil:
		return "V()"
	case bool:
		return fmt.Sprintf("t(%t)", value)
	case int8:
		return fmt.Sprintf("b(%d)", value)
	case byte:
		return fmt.Sprintf("B(%d)", value)
	case int16:
		return fmt.Sprintf("s(%d)", value)
	case int32:
		return fmt.Sprintf("I(%d)", value)
	case int64:
		return fmt.Sprintf("l(%d)", value)
	case float32:
		return fmt.Sprintf("f(%08x)", math.Float32bits(value))
	case float64:
		return fmt.Sprintf("d(%016x)", math.Float64bits(value))
	case amqp.Decimal:
		return fmt.Sprintf("D(%d, %d)", value.Scale, value.Value)
	case string:
		return fmt.Sprintf("S(%s)", value)
	case []byte:
		return fmt.Sprintf("x(%x)", value)
	case time.Time:
		return fmt.Sprintf("T(%d)", value.Unix())
	case []interface{}:
		var values []string
		for _, value := range value {
			values = append(values, text(value))
		}
		return "A(" + strings.Join(values, ", ") + ")"
	case amqp.Table:
		var entries []string
		for _, key := range keys(value) {
			entries = append(entries, key+": "+text(value[key]))
		}
		return "F(" + strings.Join(entries, ", ") + ")"
	default:
		return fmt.Sprintf("%T(%v)", value, value)
	}
}

func keys(table amqp.Table) []string {
	var keys []string
	for key := range table {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// Publishes, and waits until the broker has all.
func send(channel *amqp.Channel, exchange string, key string, messages ...amqp.Publishing) {
	check(channel.Confirm(false))
	// Not the client's deferred confirms: one that comes at once may find nobody waiting yet.
	confirms := channel.NotifyPublish(make(chan amqp.Confirmation, len(messages)))
	for _, message := range messages {
		check(channel.PublishWithContext(context.Background(), exchange, key, false, false, message))
	}
	for range messages {
		if confirm := <-confirms; !confirm.Ack {
			check(errors.New("a message was not confirmed"))
		}
	}
}

func receive(channel *amqp.Channel, queue string, count int) {
	deliveries, err := channel.Consume(queue, "", false, false, false, false, nil)
	check(err)
	for ; count > 0; count-- {
		delivery, isOpen := <-deliveries
		if !isOpen {
			check(errors.New("the deliveries ended"))
		}
		show(delivery)
		check(delivery.Ack(false))
	}
}

func bind(channel *amqp.Channel) {
	for key, value := range fields() {
		_, err := channel.QueueDeclare(key, true, false, false, false, nil)
		check(err)
		check(channel.QueueBind(key, "", "amq.headers", false, amqp.Table{key: value}))
	}
}

// What ended the connection says more than what came of it.
var closed chan *amqp.Error

func check(err error) {
	if err == nil {
		return
	}
	select {
	case reason := <-closed:
		if reason != nil {
			err = reason
		}
	case <-time.After(time.Second):
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	words := os.Args[1:]
	connection, err := amqp.Dial(words[0])
	check(err)
	closed = connection.NotifyClose(make(chan *amqp.Error, 1))
	channel, err := connection.Channel()
	check(err)
	switch words[1] {
	case "send":
		send(channel, words[2], words[3], messages()...)
	case "receive":
		count, err := strconv.Atoi(words[3])
		check(err)
		receive(channel, words[2], count)
	case "bind":
		bind(channel)
	case "infinity":
		send(channel, "", "nowhere", amqp.Publishing{Headers: amqp.Table{"number": math.Inf(1)}})
	default:
		check(errors.New("no such verb: " + words[1]))
	}
	check(connection.Close())
}

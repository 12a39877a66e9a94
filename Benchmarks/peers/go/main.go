// The amqp091-go client.
package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strconv"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
func cpu() (float64, float64) {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return float64(r.Utime.Sec) + float64(r.Utime.Usec)*1e-6, float64(r.Stime.Sec) + float64(r.Stime.Usec)*1e-6
}

func main() {
	if len(os.Args) < 4 {
		check(fmt.Errorf("usage: go-bench MODE N SIZE [INFLIGHT]"))
	}
	mode := os.Args[1]
	n, err := strconv.Atoi(os.Args[2])
	check(err)
	size, err := strconv.Atoi(os.Args[3])
	check(err)
	inflight := 1000
	if len(os.Args) > 4 {
		inflight, err = strconv.Atoi(os.Args[4])
		check(err)
	}
	port := os.Getenv("BENCH_PORT")
	if port == "" {
		port = "5672"
	}
	conn, err := amqp.Dial("amqp://guest:guest@127.0.0.1:" + port + "/")
	check(err)
	ch, err := conn.Channel()
	check(err)
	body := make([]byte, size)
	for i := range body {
		body[i] = 'x'
	}
	ctx := context.Background()
	declare := func(q, key string, maxlen int32) {
		check(ch.ExchangeDeclare("bench.ex", "topic", true, false, false, false, nil))
		var args amqp.Table
		if maxlen > 0 {
			args = amqp.Table{"x-max-length": maxlen}
		}
		_, err := ch.QueueDeclare(q, true, false, false, false, args)
		check(err)
		check(ch.QueueBind(q, key, "bench.ex", false, nil))
	}
	count := func(q string) int {
		st, err := ch.QueueDeclarePassive(q, false, false, false, false, nil)
		check(err)
		return st.Messages
	}
	publish := func(key string, dm uint8) {
		check(ch.PublishWithContext(ctx, "bench.ex", key, false, false, amqp.Publishing{DeliveryMode: dm, Body: body}))
	}
	var u0, s0, u1, s1 float64
	var t0, t1 time.Time
	begin := func() { u0, s0 = cpu(); t0 = time.Now() }
	end := func() { t1 = time.Now(); u1, s1 = cpu() }
	var lat []float64
	switch mode {
	case "publish_noconfirm":
		declare("bench.q", "bench.a.b", 1000)
		begin()
		for i := 0; i < n; i++ {
			publish("bench.a.b", 1)
		}
		count("bench.q")
		end()
	case "publish_confirm", "publish_confirm_persistent":
		key, dm := "bench.a.b", uint8(1)
		if mode == "publish_confirm" {
			declare("bench.q", key, 1000)
		} else {
			key, dm = "bench.d.b", 2
			declare("bench.dq", key, 1000)
		}
		check(ch.Confirm(false))
		confirms := ch.NotifyPublish(make(chan amqp.Confirmation, inflight))
		take := func() {
			c, ok := <-confirms
			if !ok || !c.Ack {
				check(fmt.Errorf("nack or closed"))
			}
		}
		begin()
		out := 0
		for i := 0; i < n; i++ {
			if out >= inflight {
				take()
				out--
			}
			publish(key, dm)
			out++
		}
		for ; out > 0; out-- {
			take()
		}
		end()
	case "consume_ack":
		if count("bench.cq") != n {
			check(fmt.Errorf("bench.cq does not hold N messages: run prefill first"))
		}
		check(ch.Qos(500, 0, false))
		begin()
		ds, err := ch.Consume("bench.cq", "", false, false, false, false, nil)
		check(err)
		for i := 0; i < n; i++ {
			d := <-ds
			if len(d.Body) != size {
				check(fmt.Errorf("size"))
			}
			check(d.Ack(false))
		}
		count("bench.cq")
		end()
	case "pingpong":
		declare("bench.pq", "bench.p.b", 0)
		_, err := ch.QueuePurge("bench.pq", false)
		check(err)
		check(ch.Qos(500, 0, false))
		ds, err := ch.Consume("bench.pq", "", false, false, false, false, nil)
		check(err)
		lat = make([]float64, n)
		begin()
		for i := 0; i < n; i++ {
			s := time.Now()
			publish("bench.p.b", 1)
			d := <-ds
			check(d.Ack(false))
			lat[i] = float64(time.Since(s).Nanoseconds()) / 1e3
		}
		end()
	default:
		check(fmt.Errorf("unknown mode"))
	}
	w := t1.Sub(t0).Seconds()
	fmt.Printf("{\"client\":\"amqp091-go\",\"mode\":%q,\"n\":%d,\"size\":%d,\"wall_s\":%.4f,\"msgs_per_s\":%.1f,\"user_s\":%.4f,\"sys_s\":%.4f", mode, n, size, w, float64(n)/w, u1-u0, s1-s0)
	if lat != nil {
		sort.Float64s(lat)
		fmt.Printf(",\"p50_us\":%.1f,\"p95_us\":%.1f,\"p99_us\":%.1f", lat[n/2], lat[n*95/100], lat[n*99/100])
	}
	fmt.Println("}")
	conn.Close()
}

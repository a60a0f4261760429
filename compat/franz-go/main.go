// franz-go as the checks drive it: one command per process, its result as text on stdout.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func connect(opts ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(os.Args[2]))...)
	check(err)
	return client
}

// produce FILE: each line a record of partition 0, idempotent, acks=all.
func produce(topic, file string, opts ...kgo.Opt) {
	client := connect(append(opts, kgo.DefaultProduceTopic(topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.RecordDeliveryTimeout(2*time.Minute))...)
	defer client.Close()
	in, err := os.Open(file)
	check(err)
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<20), 1<<20)
	for lines.Scan() {
		value := append([]byte(nil), lines.Bytes()...)
		client.Produce(context.Background(), &kgo.Record{Value: value},
			func(_ *kgo.Record, err error) { check(err) })
	}
	check(lines.Err())
	check(client.Flush(context.Background()))
}

// consume COUNT FILE: the first records of partition 0, each a line.
func consume(topic, count, file string) {
	left, err := strconv.Atoi(count)
	check(err)
	start := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}
	client := connect(kgo.ConsumePartitions(start))
	defer client.Close()
	out, err := os.Create(file)
	check(err)
	writer := bufio.NewWriter(out)
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	for left > 0 {
		fetches := client.PollFetches(ctx)
		check(fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			if left > 0 {
				writer.Write(r.Value)
				writer.WriteByte('\n')
				left--
			}
		})
	}
	check(writer.Flush())
	check(out.Close())
}

// member GROUP: prints each value on a line, commits what it printed, leaves at SIGTERM.
func member(group, topic string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	client := connect(kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.SessionTimeout(10*time.Second),
		kgo.HeartbeatInterval(500*time.Millisecond), kgo.BlockRebalanceOnPoll())
	for ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		fetches.EachRecord(func(r *kgo.Record) { fmt.Println(string(r.Value)) })
		if fetches.NumRecords() > 0 {
			check(client.CommitUncommittedOffsets(context.Background()))
		}
		client.AllowRebalance()
	}
	client.Close()
}

func codecOf(name string) kgo.CompressionCodec {
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	return codecs[name]
}

func main() {
	args := os.Args[3:]
	switch os.Args[1] {
	case "produce":
		produce(args[0], args[1], kgo.ProducerBatchCompression(codecOf("none")))
	case "produce-codec":
		produce(args[0], args[1], kgo.ProducerBatchCompression(codecOf(args[2])))
	case "consume":
		consume(args[0], args[1], args[2])
	case "member":
		member(args[0], args[1])
	default:
		check(fmt.Errorf("no such command: %s", os.Args[1]))
	}
}

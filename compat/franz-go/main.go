// franz-go as the checks drive it: one command per process, its result as text on stdout.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// checkCommit lets pass what a rebalance refuses: the next commit brings it, or the next owner
// gets it again.
func checkCommit(err error) {
	passing := []error{kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.StaleMemberEpoch}
	if !slices.ContainsFunc(passing, func(one error) bool { return errors.Is(err, one) }) {
		check(err)
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

// protocol PROTOCOL: `classic`, or `consumer`, in which the broker assigns (KIP-848).
func protocol(name string) []kgo.Opt {
	if name == "consumer" {
		return []kgo.Opt{kgo.Balancers(kgo.RangeBalancer()), kgo.ServerSideBalancer()}
	}
	return []kgo.Opt{kgo.Balancers(kgo.CooperativeStickyBalancer(), kgo.RangeBalancer())}
}

// member GROUP TOPIC PROTOCOL: prints each value on a line, commits what it printed, leaves at
// SIGTERM.
func member(group, topic, protocolName string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	client := connect(append(protocol(protocolName), kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(500*time.Millisecond), kgo.BlockRebalanceOnPoll())...)
	for ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		fetches.EachRecord(func(r *kgo.Record) { fmt.Println(string(r.Value)) })
		if fetches.NumRecords() > 0 {
			checkCommit(client.CommitUncommittedOffsets(context.Background()))
		}
		client.AllowRebalance()
	}
	client.Close()
}

// etl ID GROUP IN OUT PROTOCOL: copies every record to the same partition of the other topic, some
// in each transaction; prints how many were committed; leaves at SIGTERM. What it cannot go on from
// ends it.
func etl(id, group, in, out, protocolName string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	session, err := kgo.NewGroupTransactSession(append(protocol(protocolName),
		kgo.SeedBrokers(os.Args[2]), kgo.TransactionalID(id), kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(in), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.TransactionTimeout(10*time.Second))...)
	check(err)
	defer session.Close()
	for ctx.Err() == nil {
		fetches := session.PollRecords(ctx, 20)
		if fetches.NumRecords() == 0 {
			continue
		}
		check(session.Begin())
		first := kgo.AbortingFirstErrPromise(session.Client())
		fetches.EachRecord(func(r *kgo.Record) {
			session.Produce(context.Background(),
				&kgo.Record{Topic: out, Partition: r.Partition, Value: r.Value}, first.Promise())
		})
		committed, err := session.End(context.Background(), first.Err() == nil)
		check(err)
		if committed {
			fmt.Println(fetches.NumRecords())
		}
	}
}

// committed TOPIC PARTITIONS LAST: prints what is committed, partition by partition, until LAST has
// come in each of them.
func committed(topic, partitions, last string) {
	count, err := strconv.Atoi(partitions)
	check(err)
	start := map[string]map[int32]kgo.Offset{topic: {}}
	for i := range count {
		start[topic][int32(i)] = kgo.NewOffset().AtStart()
	}
	client := connect(kgo.ConsumePartitions(start), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	defer client.Close()
	for left := count; left > 0; {
		client.PollFetches(context.Background()).EachRecord(func(r *kgo.Record) {
			fmt.Println(r.Partition, string(r.Value))
			if string(r.Value) == last {
				left--
			}
		})
	}
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
		member(args[0], args[1], args[2])
	case "etl":
		etl(args[0], args[1], args[2], args[3], args[4])
	case "committed":
		committed(args[0], args[1], args[2])
	default:
		check(fmt.Errorf("no such command: %s", os.Args[1]))
	}
}

// Command subscribe reads a stream by enhanced fan-out with AWS's SDK for Go:
// it is what scripts/conformance holds kin local's SubscribeToShard against. It
// shares no code with kin, and does what subscribe.mjs does with AWS's SDK for
// JavaScript: registers a consumer, subscribes to every shard from its start, and
// to the children of each that ends, until it has COUNT records; then it removes
// the consumer. A subscription that breaks is taken up again after 5 seconds.
//
//	subscribe STREAM COUNT http/1.1|h2
//
// It prints shard, sequence number and payload of each record, and on stderr
// what it took.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"
)

// patience bounds the whole run.
const patience = 60 * time.Second

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "subscribe:", err)
	}
	os.Exit(code)
}

func run() (int, error) {
	if len(os.Args) != 4 {
		return 2, fmt.Errorf("usage: subscribe STREAM COUNT http/1.1|h2")
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return 2, fmt.Errorf("a number of records: %w", err)
	}
	transport, err := newTransport(os.Getenv("AWS_ENDPOINT_URL_KINESIS"), os.Getenv("AWS_CA_BUNDLE"), os.Args[3])
	if err != nil {
		return 2, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s := &subscriber{transport: transport, stream: os.Args[1], out: os.Stdout, left: count, done: make(chan struct{}), shards: map[string]*shard{}}
	if err := s.run(ctx); err != nil {
		return 1, err
	}
	fmt.Fprintf(os.Stderr, "%d records of %d shards over %s, errors in a stream: %v\n", count, len(s.shards), transport.spoken(), s.codes)
	return 0, nil
}

// Command subscribe reads a stream by enhanced fan-out with AWS's SDK for Go. scripts/conformance
// uses it to test the SubscribeToShard of kin local. It shares no code with kin. subscribe.mjs does
// the same with AWS's SDK for JavaScript.
//
//	subscribe STREAM COUNT http/1.1|h2
//
// It registers a consumer and subscribes to every shard from its start. When a shard ends, it
// subscribes to the children. After COUNT records it removes the consumer. It renews a broken
// subscription after 5 seconds.
//
// It prints shard, sequence number and payload of each record. On stderr it prints the number of
// records and shards, the protocol and the errors in streams.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"
)

// patience limits the whole run.
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
		return 2, fmt.Errorf("parse COUNT: %w", err)
	}
	transport, err := newTransport(os.Getenv("AWS_ENDPOINT_URL_KINESIS"), os.Getenv("AWS_CA_BUNDLE"), os.Args[3])
	if err != nil {
		return 2, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s := &subscriber{transport: transport, stream: os.Args[1], out: os.Stdout, remaining: count, done: make(chan struct{}), shards: map[string]*shard{}}
	if err := s.run(ctx); err != nil {
		return 1, err
	}
	fmt.Fprintf(os.Stderr, "%d records of %d shards over %s, errors in a stream: %v\n", count, len(s.shards), transport.protocols(), s.codes)
	return 0, nil
}

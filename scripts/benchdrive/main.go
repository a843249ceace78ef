// Command benchdrive measures kin for scripts/bench. It shares no code with
// kin, and asserts nothing about time: it prints what it saw.
//
//	benchdrive [-kin FILE] [-loop FILE] fill STREAM SHARDS RECORDS
//	benchdrive ... latency STREAM RECORDS MILLISECONDS ARG...
//	                                               put to print, of kin ARG..., which fetches
//	                                               so often; 0: is pushed to
//	benchdrive ... cpu STREAM RECORDS              kin read beside benchloop
//	benchdrive ... stalled STREAM SECONDS BUFFER ARG...
//	benchdrive ... idle OPERATION SHARDS SECONDS ARG...
//	                                               what kin ARG... takes while nothing is written
//	benchdrive [-rival FILE] ... trickle STREAM SHARDS SECONDS RATE ARG...
//	                                               kin read with a checkpoint, idle and with
//	                                               RATE records a second
//	benchdrive ... two STREAM SECONDS RATE         two kin read on one stream
//	benchdrive ... saturate STREAM SECONDS SHARDS  kin write into all that the shards take
//	benchdrive ... write STREAM RECORDS FILE       kin write beside benchput
//
// The endpoint is a `kin local`, by AWS_ENDPOINT_URL_KINESIS.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"kin/scripts/plainhttp"
)

// bench is what the measurements share.
type bench struct {
	kin, loop, put, rival string
	endpoint              endpoint
}

func main() {
	b := bench{endpoint: endpoint{plainhttp.Endpoint(os.Getenv("AWS_ENDPOINT_URL_KINESIS"))}}
	flag.StringVar(&b.kin, "kin", "", "the kin `file` to run")
	flag.StringVar(&b.loop, "loop", "", "the benchloop `file` to run")
	flag.StringVar(&b.rival, "rival", "", "another kin `file` that trickle measures beside it")
	flag.StringVar(&b.put, "put", "", "the benchput `file` to run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := b.run(ctx, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "benchdrive:", err)
		os.Exit(1)
	}
}

func (b bench) run(ctx context.Context, args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("want a measurement and its arguments")
	}
	what, stream, args := args[0], args[1], args[2:]
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	args = args[1:]
	switch {
	case what == "fill" && len(args) == 1:
		records, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return b.fill(ctx, stream, n, records)
	case what == "latency" && len(args) > 1:
		period, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return b.latency(ctx, stream, n, period, args[1:])
	case what == "cpu" && len(args) == 0:
		return b.cpu(ctx, stream, n)
	case what == "stalled" && len(args) > 0:
		return b.stalled(ctx, stream, n, args[0], args[1:])
	case what == "idle" && len(args) > 1:
		seconds, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return b.idle(ctx, stream, n, seconds, args[1:]) // an operation stands where the others have a stream
	case what == "trickle" && len(args) > 1:
		seconds, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		rate, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return b.trickle(ctx, stream, n, seconds, rate, args[2:])
	case what == "saturate" && len(args) == 1:
		shards, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return b.saturate(ctx, stream, n, shards)
	case what == "write" && len(args) == 1:
		return b.write(ctx, stream, n, args[0])
	case what == "two" && len(args) == 1:
		rate, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return b.two(ctx, stream, n, rate)
	}
	return fmt.Errorf("no measurement %q with these arguments", what)
}

// Command benchdrive measures kin for scripts/bench and prints the results. It shares no code with
// kin and asserts nothing about time.
//
//	benchdrive [-kin FILE] [-loop FILE] [-put FILE] [-rival FILE] MEASUREMENT
//
// The measurements are
//
//	fill STREAM SHARDS RECORDS
//	    no measurement: create a stream and put records
//	latency STREAM RECORDS MILLISECONDS ARG...
//	    the time from put to print of kin ARG..., which fetches every MILLISECONDS; 0 for --efo
//	cpu STREAM RECORDS
//	    the CPU time of kin read and of benchloop
//	stalled STREAM SECONDS BUFFER ARG...
//	    the peak memory of kin read whose output is not read
//	idle OPERATION SHARDS SECONDS ARG...
//	    CPU time and memory of kin ARG... while nothing is written
//	trickle STREAM SHARDS SECONDS RATE ARG...
//	    CPU time of kin read with a checkpoint, idle and with RATE records a second
//	two STREAM SECONDS RATE
//	    two kin read on one stream
//	saturate STREAM SECONDS SHARDS
//	    kin write at the write limit of the shards
//	write STREAM RECORDS FILE
//	    the CPU time of kin write and of benchput
//
// The endpoint is the `kin local` at AWS_ENDPOINT_URL_KINESIS.
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

// bench is the configuration that the measurements share.
type bench struct {
	kin, loop, put, rival string
	endpoint              endpoint
}

func main() {
	b := bench{endpoint: endpoint{plainhttp.Endpoint(os.Getenv("AWS_ENDPOINT_URL_KINESIS"))}}
	flag.StringVar(&b.kin, "kin", "", "the kin `file` to run")
	flag.StringVar(&b.loop, "loop", "", "the benchloop `file` to run")
	flag.StringVar(&b.rival, "rival", "", "another kin `file` that trickle measures too")
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
		return fmt.Errorf("no measurement: want its name and its arguments")
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
		return b.idle(ctx, stream, n, seconds, args[1:]) // idle has an operation instead of a stream
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

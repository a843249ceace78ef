package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
	"kin/format"
	"kin/internal/awsclient"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
	"kin/writer"
)

const (
	demoStream = "orders"
	demoShards = 4
	demoSplits = "shardId-000000000001"
	// demoPace is the time between two records.
	demoPace = 50 * time.Millisecond
	// demoGrace is how long the tail may take to read the last records.
	demoGrace = 10 * time.Second
)

// demoTry are suggestions of what to do next. Each runs as printed.
var demoTry = []string{
	`kin local --stream orders:4 -- sh -c 'seq 1000 | kin write orders; kin read orders --from earliest --available-now | wc -l'`,
	`kin local --stream orders:4 -- sh -c 'echo "{\"user\":\"ada\",\"n\":1}" | kin write orders --key-field /user; kin tail orders --from earliest --limit 1'`,
	`kin local --stream orders:4 -- sh -c 'c=$(mktemp -d)/ckpt; seq 10 | kin write orders; kin read orders --from earliest --checkpoint $c --limit 6; kin read orders --checkpoint $c --available-now'`,
}

func newDemo(e *env) *cobra.Command {
	o := &demoOptions{length: flags.Duration(20 * time.Second)}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show kin at work, without an AWS account",
		Long: `Use it to see what kin prints before you have a stream. It contacts nothing
beyond this machine, and leaves nothing behind.

kin starts an embedded Kinesis endpoint with a stream of four shards. A sample
shop writes to the stream, and kin prints it as kin tail does. After a few
seconds one shard is split. The records go to stdout, and messages about what
happens to stderr.`,
		Example: `  # Watch for 20 seconds.
  kin demo
  # Print the payloads of five seconds.
  kin demo --for 5s | jq .data
  # Watch until Ctrl-C.
  kin demo --for 0`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := refuseConnectionFlags(c); err != nil {
				return err
			}
			return runDemo(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	c.Annotations = map[string]string{flags.Refused: "profile,region,endpoint"}
	return c
}

type demoOptions struct{ length flags.Duration }

func (o *demoOptions) addFlags(f *pflag.FlagSet) {
	flags.GroupMain.In(f).Var(&o.length, "for", flags.Help{
		Short: "write for this long; 0: until Ctrl-C",
		Full:  "Let the sample shop write for this long. 0 means until Ctrl-C.",
	})
}

// demoClient has the calls of kin read and kin write, and SplitShard.
type demoClient interface {
	service.API
	SplitShard(context.Context, *service.SplitShardInput) error
}

// demo is one run: a shop that writes, a shard that is split, and a tail that reads.
type demo struct {
	e      *env
	client demoClient
	began  time.Time
	length time.Duration // 0: until the context ends

	written atomic.Int64
	read    atomic.Int64
	splits  atomic.Int64
	done    atomic.Bool // the shop has stopped: written will not change
}

func runDemo(ctx context.Context, e *env, o *demoOptions) (err error) {
	endpoint, err := local.New(local.Options{Streams: []local.StreamSpec{{Name: demoStream, Shards: demoShards}}, Log: e.Log})
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	url := "http://" + listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- endpoint.Serve(listener) }()
	defer func() {
		err = errors.Join(err, endpoint.Close(), <-served)
	}()

	d := &demo{e: e, client: awsclient.NewLocal(url), began: time.Now(), length: time.Duration(o.length)}
	e.Info(fmt.Sprintf("demo: an embedded Kinesis endpoint is at %s, with the stream %s of %d shards", url, demoStream, demoShards))
	e.Info("demo: a sample shop writes to it; the lines below are the output of \"kin tail " + demoStream + "\"")
	if err := d.run(ctx); err != nil {
		return err
	}
	for _, line := range demoTry {
		e.Info("try: " + line)
	}
	if o.length > 0 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// run starts the shop, the split and the tail. It returns after the shop has stopped and
// the tail has read everything. ctx stops the shop.
func (d *demo) run(ctx context.Context) error {
	out, tailCtx, err := d.e.OpenStdout(context.WithoutCancel(ctx), false)
	if err != nil {
		return err
	}
	defer out.Close()
	tailCtx, stopTail := context.WithCancelCause(tailCtx)
	defer stopTail(nil)
	group, groupCtx := errgroup.WithContext(tailCtx)
	open, closeShop := d.shopContext(ctx, groupCtx)
	defer closeShop()

	group.Go(func() error { return d.shop(groupCtx, open, stopTail) })
	group.Go(func() error { return d.split(groupCtx, open) })
	group.Go(func() error { return d.tail(groupCtx, out, stopTail) })
	if err := group.Wait(); err != nil && !errors.Is(err, errDemoDone) {
		return err
	}
	return d.reportTotals()
}

// shopContext returns the context of the shop. It ends after the length of the demo, or
// earlier with ctx or group. The caller has to call the returned function.
func (d *demo) shopContext(ctx, group context.Context) (context.Context, func()) {
	open, closeShop := context.WithCancel(ctx)
	stop := context.AfterFunc(group, closeShop)
	var timer *time.Timer
	if d.length > 0 {
		timer = time.AfterFunc(d.length, closeShop)
	}
	return open, func() {
		stop()
		if timer != nil {
			timer.Stop()
		}
		closeShop()
	}
}

// errDemoDone ends the tail after it has read everything, or after demoGrace.
var errDemoDone = errors.New("demo done")

// shop writes a record every demoPace until open ends.
func (d *demo) shop(ctx, open context.Context, stopTail func(error)) error {
	o := writer.DefaultOptions()
	o.Stream, o.Linger, o.Info, o.Log = demoStream, 0, d.e.Info, d.e.Log
	w, err := writer.New(d.client, o)
	if err != nil {
		return err
	}
	tick := time.NewTicker(demoPace)
	defer tick.Stop()
	events := newShop()
	sum, err := w.Run(ctx, func(context.Context) (writer.Record, error) {
		select {
		case <-tick.C:
			return events.next(), nil
		case <-open.Done():
			return writer.Record{}, io.EOF
		}
	})
	if err != nil {
		return err
	}
	d.written.Store(sum.Written)
	d.done.Store(true)
	if d.readAll() {
		stopTail(errDemoDone)
		return nil
	}
	timeout := time.AfterFunc(demoGrace, func() { stopTail(errDemoDone) })
	context.AfterFunc(ctx, func() { timeout.Stop() })
	return nil
}

func (d *demo) readAll() bool { return d.done.Load() && d.read.Load() >= d.written.Load() }

// split splits one shard after a third of the demo, but after five seconds at the latest.
func (d *demo) split(ctx, open context.Context) error {
	wait := 5 * time.Second
	if d.length > 0 {
		wait = min(wait, d.length/3)
	}
	select {
	case <-time.After(wait):
	case <-open.Done():
		return nil
	}
	before, err := d.client.ListShards(ctx, &service.ListShardsInput{StreamName: demoStream})
	if err != nil {
		return fmt.Errorf("list shards: %w", err)
	}
	shards := before.Shards
	i := slices.IndexFunc(shards, func(s types.Shard) bool { return aws.ToString(s.ShardId) == demoSplits })
	if i < 0 {
		return fmt.Errorf("shard %s is not in the demo's stream", demoSplits)
	}
	err = d.client.SplitShard(ctx, &service.SplitShardInput{
		StreamName: demoStream, ShardToSplit: demoSplits, NewStartingHashKey: middleOf(shards[i].HashKeyRange),
	})
	if err != nil {
		return fmt.Errorf("split shard: %w", err)
	}
	d.splits.Add(1)
	d.e.Info(fmt.Sprintf("demo: %s/%s was split in two; the tail continues with its children", demoStream, demoSplits))
	return nil
}

// tail prints the stream as kin tail does.
func (d *demo) tail(ctx context.Context, out *console.Stdout, stopTail func(error)) error {
	ro := reader.DefaultOptions()
	ro.Streams = []string{demoStream}
	ro.InitialPosition = record.Position{Kind: record.TrimHorizon}
	ro.MaxFetchDuration = 200 * time.Millisecond
	ro.Info, ro.Log = d.e.Info, d.e.Log
	ro.Encode = format.JSON{}.Append
	if console.IsTerminal(d.e.Out) {
		ro.Encode = prettyEncoder(d.e, false)
	}
	r, err := reader.New(d.client, ro)
	if err != nil {
		return err
	}
	return r.Run(ctx, reader.HandlerOf(func(b *reader.Batch) error {
		if err := writeBatch(out, b); err != nil {
			return err
		}
		d.read.Add(int64(b.Records))
		if d.readAll() {
			stopTail(errDemoDone)
		}
		return nil
	}))
}

// reportTotals prints what happened. It returns an error if not every record was read.
func (d *demo) reportTotals() error {
	written, read, splits := d.written.Load(), d.read.Load(), d.splits.Load()
	unit := "splits"
	if splits == 1 {
		unit = "split"
	}
	took := time.Since(d.began).Round(time.Second)
	d.e.Info(fmt.Sprintf("demo: %s records written, %s read, %d %s, %s", humanize.Comma(written), humanize.Comma(read), splits, unit, took))
	if written != read {
		return fmt.Errorf("demo: %d records were written and %d read", written, read)
	}
	return nil
}

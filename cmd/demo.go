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
	"kin/cmd/internal/settings"
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
	// demoPace is the time between two events.
	demoPace = 50 * time.Millisecond
	// demoGrace is how long the tail may take for what was written last.
	demoGrace = 10 * time.Second
)

// demoTry are things to do next. Each runs as printed.
var demoTry = []string{
	`kin local --stream orders:4 -- sh -c 'seq 1000 | kin write orders; kin read orders --from earliest --available-now | wc -l'`,
	`kin local --stream orders:4 -- sh -c 'echo "{\"user\":\"ada\",\"n\":1}" | kin write orders --key-field /user; kin tail orders --from earliest --limit 1'`,
	`kin local --stream orders:4 -- sh -c 'c=$(mktemp -d)/ckpt; seq 10 | kin write orders; kin read orders --from earliest --checkpoint $c --limit 6; kin read orders --checkpoint $c --available-now'`,
}

func newDemo(e *env) *cobra.Command {
	o := &demoOptions{length: flags.Duration(20 * time.Second)}
	c := &cobra.Command{
		Use:   "demo",
		Short: "See kin at work, without an AWS account",
		Long: `Start an embedded Kinesis endpoint with a stream of four shards, let a sample
shop write to it, and tail it here. After a few seconds one shard is split.

Nothing beyond this machine is contacted, and nothing is left behind. The
records go to stdout as kin tail prints them, what is happening to stderr.`,
		Example: `  kin demo
  kin demo --for 5s | jq .data
  kin demo --for 0`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := refuseConnection(c); err != nil {
				return err
			}
			return runDemo(c.Context(), e, o)
		},
	}
	o.addFlags(c.Flags())
	c.Annotations = map[string]string{settings.RefusedAnnotation: "profile,region,endpoint"}
	return c
}

type demoOptions struct{ length flags.Duration }

func (o *demoOptions) addFlags(f *pflag.FlagSet) {
	f.Var(&o.length, "for", "how long the shop writes (0: until Ctrl-C)")
}

// demoClient is what the demo calls: what kin read and kin write do, and a split.
type demoClient interface {
	service.API
	SplitShard(context.Context, *service.SplitShardInput) error
}

// demo is one run: a shop that writes, a shard that is split, a tail.
type demo struct {
	e      *env
	client demoClient
	began  time.Time
	length time.Duration // 0 until the context ends

	written atomic.Int64
	read    atomic.Int64
	splits  atomic.Int64
	done    atomic.Bool // the shop has closed: written will not change
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
	e.Info("demo: a sample shop writes to it; below is what \"kin tail " + demoStream + "\" prints")
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

// run lets the shop write, the shard split and the tail print, until the shop
// closes and the tail has all of it. ctx closes the shop.
func (d *demo) run(ctx context.Context) error {
	out, tailCtx, err := d.e.OpenStdout(context.WithoutCancel(ctx), false)
	if err != nil {
		return err
	}
	defer out.Close()
	tailCtx, stopTail := context.WithCancelCause(tailCtx)
	defer stopTail(nil)
	group, groupCtx := errgroup.WithContext(tailCtx)
	open, closeShop := d.openingHours(ctx, groupCtx)
	defer closeShop()

	group.Go(func() error { return d.shop(groupCtx, open, stopTail) })
	group.Go(func() error { return d.split(groupCtx, open) })
	group.Go(func() error { return d.tail(groupCtx, out, stopTail) })
	if err := group.Wait(); err != nil && !errors.Is(err, errDemoSeen) {
		return err
	}
	return d.sum()
}

// openingHours is the context in which the shop is open: for as long as the
// demo lasts, unless a signal or a failure closes it.
func (d *demo) openingHours(ctx, group context.Context) (context.Context, func()) {
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

// errDemoSeen ends the tail when it has seen all that was written, or has had
// its time to.
var errDemoSeen = errors.New("demo seen")

// shop writes an event at a steady pace until open ends.
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
	if d.seenAll() {
		stopTail(errDemoSeen)
		return nil
	}
	late := time.AfterFunc(demoGrace, func() { stopTail(errDemoSeen) })
	context.AfterFunc(ctx, func() { late.Stop() })
	return nil
}

func (d *demo) seenAll() bool { return d.done.Load() && d.read.Load() >= d.written.Load() }

// split splits one shard when a third of the demo is over, after five seconds
// at most.
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
	return r.Run(ctx, func(b *reader.Batch) error {
		if err := writeBatch(out, b); err != nil {
			return err
		}
		d.read.Add(int64(b.Records))
		if d.seenAll() {
			stopTail(errDemoSeen)
		}
		return nil
	})
}

// sum says what happened and fails when written and read differ.
func (d *demo) sum() error {
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

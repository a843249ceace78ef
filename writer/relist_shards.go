package writer

import (
	"context"
	"slices"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// startRelist reports whether the shards should be listed again now. If so, a listing
// counts as started.
func (d *dispatcher) startRelist(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.stopped == nil && d.relist.start(now)
}

// relistShards checks that the stream was not replaced by another of its name. Then it lists
// the shards and moves waiting records to the queues of their new shards.
func (d *dispatcher) relistShards(ctx context.Context) {
	another, stable := d.stream.check(ctx, d.calls.client, d.o)
	var shards []queue.Range
	var err error
	if !d.stream.auto {
		shards, err = listShards(ctx, d.calls.client, new(service.Allowance), d.o.Stream)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	listed := err == nil && !d.stream.auto
	changed := listed && !slices.Equal(shards, d.queue.Shards())
	useless := d.relist.finish(time.Now(), stable, listed, changed)
	if another {
		d.stop(&DeletedError{Stream: d.o.Stream, Again: true})
		return
	}
	if d.stream.auto {
		return
	}
	d.o.Log.DebugContext(ctx, "shards listed anew", "stream", d.o.Stream, "shards", len(shards), "same", listed && !changed, "error", err)
	switch {
	case useless:
		d.queue.SetShards(nil)
	case changed:
		d.queue.SetShards(shards)
	default:
		return
	}
	signal(d.changed)
}

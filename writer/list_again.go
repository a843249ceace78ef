package writer

import (
	"context"
	"slices"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// listAgainDue reports, once, that the shards should be listed again.
func (d *dispatcher) listAgainDue(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.stopped == nil && d.relist.start(now)
}

// listAgain checks whether the stream is still the one that the run began with,
// lists its shards, and moves the waiting records to their queues.
func (d *dispatcher) listAgain(ctx context.Context) {
	another, settled := d.stream.check(ctx, d.calls.client, d.o)
	var shards []queue.Range
	var err error
	if !d.stream.auto {
		shards, err = listShards(ctx, d.calls.client, new(service.Allowance), d.o.Stream)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	listed := err == nil && !d.stream.auto
	changed := listed && !slices.Equal(shards, d.queue.Shards())
	useless := d.relist.finish(time.Now(), settled, listed, changed)
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

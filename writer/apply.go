package writer

import (
	"context"
	"errors"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// settle applies the answer to a request, as the function settle (settle.go) decides. Failed
// parcels go back to the front of their key's queue until RetryFor has passed.
func (d *dispatcher) settle(ctx context.Context, r *queue.Request, a answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.conditions(time.Now())
	s := settle(r, a, c)
	d.account.answered(r)
	d.applyParcels(r, &s, c.now)
	pauseShards(ctx, d.o, r, &s, c.now)
	d.applyRun(ctx, r, &s, c.now)
	d.queue.Release(r)
	clear(s.outcomes)
	d.outcomes = s.outcomes
	d.wake()
}

// conditions returns the state of the run that the function settle needs. The caller holds
// mu.
func (d *dispatcher) conditions(now time.Time) conditions {
	return conditions{
		now: now, stream: d.o.Stream, retryFor: d.o.RetryFor, savesRejected: d.account.savesRejected,
		refusals: d.account.refusals(), stopped: d.state.stopped != nil, scratch: d.outcomes,
	}
}

// applyParcels counts written and rejected records and puts failed ones back to be sent
// again. The caller holds mu.
func (d *dispatcher) applyParcels(r *queue.Request, s *settlement, now time.Time) {
	for i := range s.outcomes {
		p, o := &r.Parcels[i], &s.outcomes[i]
		entries := r.Records(p)
		if o.inUse {
			d.relist.streamInUse()
		}
		switch o.kind {
		case parcelWritten:
			d.relist.wrote()
			if p.Shard.ID() != o.shardID && d.queue.Mispredicted(&entries[0].Record, o.shardID) {
				d.relist.wroteElsewhere()
			}
			d.account.written(entries, o.shardID, o.sequence, now)
		case parcelRefused:
			d.account.refused(entries[0])
			d.reject(entries[0], o.cause, now)
		case parcelFailed:
			d.account.failed(entries, o)
		}
	}
	d.account.markFailed(r, s)
	r.PutBack(s.resend)
	if len(s.expired) > 0 {
		d.rejectExpired(s.expired, s.cause, now)
	}
	if s.retried > 0 {
		d.account.noteFailure(now, s.cause)
	}
}

// pauseShards pauses the shards that failed. The caller holds the dispatcher's mu.
func pauseShards(ctx context.Context, o Options, r *queue.Request, s *settlement, now time.Time) {
	for _, one := range s.shards {
		if !one.failed {
			one.shard.Succeeded()
			continue
		}
		if one.throttled {
			one.shard.Throttled(now)
		}
		pause := one.shard.Failed(r.Sent, now, one.worked, s.remaining)
		o.Log.DebugContext(ctx, "records failed", "stream", o.Stream, "shard", one.shard.ID(), "records", s.retried, "of", len(r.Parcels),
			"attempt", one.shard.Attempts(), "wait", pause, "error", s.cause)
	}
}

// applyRun applies the consequences of an answer for the whole run: back off, send smaller
// requests, or stop. The caller holds mu.
func (d *dispatcher) applyRun(ctx context.Context, r *queue.Request, s *settlement, now time.Time) {
	if s.answered {
		d.service.worked()
	}
	if s.backOff {
		d.service.fail(r.Sent, now, s.remaining)
		d.o.Log.DebugContext(ctx, "request failed", "stream", d.o.Stream, "records", len(r.Parcels), "attempt", d.service.backoff.Attempts(), "wait", d.service.until.Sub(now), "error", s.cause)
	}
	if s.shrink {
		d.o.Log.DebugContext(ctx, "endpoint refuses requests of more than 5 MiB", "stream", d.o.Stream)
		d.queue.Shrink()
	}
	if s.stop != nil {
		d.stop(s.stop)
	}
}

// reject settles a record that was sent and is rejected. The caller holds mu.
func (d *dispatcher) reject(e *queue.Entry, cause error, now time.Time) {
	d.account.reject(e, cause, true, d.queue.Predict(&e.Record), now)
}

// rejectExpired rejects records whose RetryFor has passed, in input order. Without
// Options.Rejected it also stops the run. The caller holds mu.
func (d *dispatcher) rejectExpired(expired []*queue.Entry, cause error, now time.Time) {
	e := &RejectedError{
		Records: int64(len(expired)), First: expired[0].Number, Reason: service.Brief(cause),
		Sent: true,
	}
	if d.o.RetryFor > 0 {
		e.After = now.Sub(expired[0].Sent)
	}
	for _, one := range expired {
		if one.PossiblyWritten() {
			e.Unsure++
		}
		d.reject(one, cause, now)
	}
	if d.account.savesRejected {
		return
	}
	// Requests that are still in flight may reject more records: add them to the same error.
	var first *RejectedError
	if errors.As(d.state.stopped, &first) && first.Sent {
		first.add(e)
		return
	}
	d.stop(e)
}

// settleRest settles every record that is still queued after the run was stopped. Records
// are rejected if Options.Rejected is set. No request is in flight.
func (d *dispatcher) settleRest() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.account.backlog.records == 0 {
		return
	}
	now := time.Now()
	why := &entryError{codeNotWritten, "the run ended before it was written"}
	for _, e := range d.queue.Drain() {
		switch {
		case !d.account.savesRejected:
			d.account.settleUnwritten(e, why, now)
		case e.Sent.IsZero():
			d.account.reject(e, why, false, "", now)
		default:
			d.reject(e, why, now)
		}
	}
}

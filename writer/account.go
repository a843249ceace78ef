package writer

import (
	"cmp"
	"slices"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// account counts the records of a run and tracks the unsettled ones. It also collects
// failures and the pending calls of the functions in Options. The dispatcher's mu guards
// it.
type account struct {
	savesRejected bool // rejected records are passed to Options.Rejected
	backlog       backlog
	counts        Summary
	byShard       map[string]*ShardSummary
	undecided     int64 // records in flight, except those that count as Unsure already
	failures      failures
	callbacks     callbacks
}

func newAccount(o Options) account {
	return account{
		savesRejected: o.Rejected != nil, byShard: map[string]*ShardSummary{},
		backlog:  backlog{ledger: queue.NewLedger(o.Report != nil, o.Skip)},
		failures: failures{stream: o.Stream},
	}
}

// skip counts a skipped record as read and written.
func (a *account) skip(number int64) {
	a.counts.Read, a.counts.WrittenThrough = number, number
}

// begin counts a record that was read and adds it to the backlog.
func (a *account) begin(e *queue.Entry) {
	a.counts.Read = e.Number
	a.backlog.add(e)
}

// sent counts the records of a request that is about to be sent.
func (a *account) sent(r *queue.Request) {
	for _, e := range r.Entries {
		resend := e.MarkSent(r.Sent)
		if resend.Retried {
			a.counts.Retried++
		}
		if resend.PossiblyTwice {
			a.counts.PossiblyTwice++
		}
		a.counts.PossibleCopies += int64(resend.Copies)
	}
	a.undecided += r.Undecided
}

// answered counts the records of a request as no longer in flight.
func (a *account) answered(r *queue.Request) { a.undecided -= r.Undecided }

// unknown notes that the last request with a record had no answer: it may be written.
func (a *account) unknown(e *queue.Entry) {
	if e.MarkUnknown() {
		a.counts.Unsure++
	}
}

// failed notes a failed outcome on the records of a parcel.
func (a *account) failed(entries []*queue.Entry, o *outcome) {
	for _, e := range entries {
		if o.unknown {
			a.unknown(e)
		}
		e.Alone = e.Alone || o.alone
	}
}

// refused counts a record that the service refused and that is rejected.
func (a *account) refused(e *queue.Entry) { a.failures.refuse(e) }

// refusals is the number of records refused since the last one was written.
func (a *account) refusals() int { return a.failures.refusals }

// noteFailure notes why records failed. A failure that lasts is reported.
func (a *account) noteFailure(now time.Time, cause error) {
	a.callbacks.message(a.failures.note(now, cause))
}

// markFailed marks the records of failed parcels as failing. A request that was only too
// large does not count as a failure of its records.
func (a *account) markFailed(r *queue.Request, s *settlement) {
	for i := range s.outcomes {
		if s.outcomes[i].kind != parcelFailed {
			continue
		}
		for _, e := range r.Records(&r.Parcels[i]) {
			if s.retried > 0 {
				a.failures.add(e)
			}
			if s.shrink {
				e.UnmarkSent() // the endpoint refused the size of the request, not its records
			}
		}
	}
}

// written settles the records of a parcel that the service acknowledged.
func (a *account) written(entries []*queue.Entry, shardID, sequence string, now time.Time) {
	a.failures.refusals = 0
	at := a.shard(shardID)
	for i, e := range entries {
		a.counts.Written++
		a.counts.Bytes += int64(len(e.Data))
		at.count(e)
		at.Written++
		at.Bytes += int64(len(e.Data))
		result := Result{Record: e.Number, ShardID: shardID, SequenceNumber: sequence}
		if len(entries) > 1 {
			sub := i
			result.SubSequenceNumber = &sub
		}
		if e.PossiblyWritten() {
			a.counts.Unsure--
		}
		a.settle(e, queue.Written, result, now)
	}
}

// reject settles a record that is rejected. If it was sent, it counts for shardID, the
// shard that it was predicted to go to.
func (a *account) reject(e *queue.Entry, cause error, sent bool, shardID string, now time.Time) {
	a.counts.Rejected++
	reason := messageOf(cause)
	if sent {
		at := a.shard(shardID)
		at.count(e)
		at.Rejected++
		reason = service.Brief(cause)
	}
	if !a.savesRejected {
		a.settle(e, queue.Rejected, failedResult(e, cause), now)
		return
	}
	a.callbacks.reject(Rejection{Record: e.Record, Number: e.Number, Reason: reason, Unsure: e.PossiblyWritten()})
	a.settle(e, queue.Saved, failedResult(e, cause), now)
}

// settleUnwritten settles a record that is still unwritten when the run ends.
func (a *account) settleUnwritten(e *queue.Entry, cause error, now time.Time) {
	a.settle(e, queue.Rejected, failedResult(e, cause), now)
}

// settle settles a record finally.
func (a *account) settle(e *queue.Entry, s queue.State, r Result, now time.Time) {
	if a.failures.concerned(e) {
		a.callbacks.message(a.failures.settle(e, now, s == queue.Written))
	}
	a.backlog.settle(e, s, r, a.callbacks.report)
	a.counts.WrittenThrough = a.backlog.ledger.Through()
}

// shard returns the counts of a shard and creates them if needed.
func (a *account) shard(id string) *ShardSummary {
	s := a.byShard[id]
	if s == nil {
		s = &ShardSummary{ShardID: id}
		a.byShard[id] = s
	}
	return s
}

// summary returns the counts after the end of the run. WrittenThrough stops before the
// first rejected record that could not be saved.
func (a *account) summary() Summary {
	s := a.counts
	if unsaved := a.callbacks.unsaved; unsaved > 0 {
		s.WrittenThrough = min(s.WrittenThrough, unsaved-1)
	}
	return s
}

// progress returns the counts so far. Records in flight count as Unsure.
func (a *account) progress() Summary {
	s := a.counts
	s.Unsure += a.undecided
	return s
}

// shards returns the counts of each shard, sorted by ID.
func (a *account) shards() []ShardSummary {
	var all []ShardSummary
	for _, s := range a.byShard {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b ShardSummary) int { return cmp.Compare(a.ShardID, b.ShardID) })
	return all
}

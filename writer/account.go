package writer

import (
	"cmp"
	"slices"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// account is what became of the records of a run: what is not settled, what is
// counted, what fails, and what the functions of Options are to be called with. The
// dispatcher's mu guards it.
type account struct {
	saves     bool // records that are given up are handed to Options.Rejected
	backlog   backlog
	counts    Summary
	byShard   map[string]*ShardSummary
	undecided int64 // records in flight, but for those that are unsure already
	failures  failures
	callbacks callbacks
}

func newAccount(o Options) account {
	return account{
		saves: o.Rejected != nil, byShard: map[string]*ShardSummary{},
		backlog:  backlog{ledger: queue.NewLedger(o.Report != nil, o.Skip)},
		failures: failures{stream: o.Stream},
	}
}

// skip notes a record that is passed over.
func (a *account) skip(number int64) {
	a.counts.Read, a.counts.WrittenThrough = number, number
}

// begin takes in a record that was read.
func (a *account) begin(e *queue.Entry) {
	a.counts.Read = e.Number
	a.backlog.add(e)
}

// sent counts the records of a request that is sent now.
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

// unknown notes that it is not known whether the last request with a record wrote
// it.
func (a *account) unknown(e *queue.Entry) {
	if e.MarkUnknown() {
		a.counts.Unsure++
	}
}

// failed notes the outcome of a parcel that failed for its records.
func (a *account) failed(entries []*queue.Entry, o *outcome) {
	for _, e := range entries {
		if o.unknown {
			a.unknown(e)
		}
		e.Alone = e.Alone || o.alone
	}
}

// refused counts a record that the service does not take, and that is given up.
func (a *account) refused(e *queue.Entry) { a.failures.refuse(e) }

// refusals is how many records the service refused, since it took one.
func (a *account) refusals() int { return a.failures.refusals }

// noteFailure notes why records failed, which is reported when it lasts.
func (a *account) noteFailure(now time.Time, cause error) {
	a.callbacks.message(a.failures.note(now, cause))
}

// markFailed notes what the failure of parcels means for their records.
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
				e.UnmarkSent() // not a failure of the records
			}
		}
	}
}

// written settles a parcel's records, which the service acknowledged.
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
		if e.Unsure() {
			a.counts.Unsure--
		}
		a.settle(e, queue.Written, result, now)
	}
}

// reject settles a record that is given up. One that was sent counts on the shard
// that it was predicted to go to.
func (a *account) reject(e *queue.Entry, cause error, sent bool, shardID string, now time.Time) {
	a.counts.Rejected++
	reason := messageOf(cause)
	if sent {
		at := a.shard(shardID)
		at.count(e)
		at.Rejected++
		reason = service.Brief(cause)
	}
	if !a.saves {
		a.settle(e, queue.Rejected, failedResult(e, cause), now)
		return
	}
	a.callbacks.reject(Rejection{Record: e.Record, Number: e.Number, Reason: reason, Unsure: e.Unsure()})
	a.settle(e, queue.Saved, failedResult(e, cause), now)
}

// leave settles a record that the run leaves unwritten at its end.
func (a *account) leave(e *queue.Entry, cause error, now time.Time) {
	a.settle(e, queue.Rejected, failedResult(e, cause), now)
}

// settle settles a record for good.
func (a *account) settle(e *queue.Entry, s queue.State, r Result, now time.Time) {
	if a.failures.concerned(e) {
		a.callbacks.message(a.failures.settle(e, now, s == queue.Written))
	}
	a.backlog.settle(e, s, r, a.callbacks.report)
	a.counts.WrittenThrough = a.backlog.ledger.Through()
}

// shard is where a shard's records are counted.
func (a *account) shard(id string) *ShardSummary {
	s := a.byShard[id]
	if s == nil {
		s = &ShardSummary{ShardID: id}
		a.byShard[id] = s
	}
	return s
}

// summary is what the run has done in the end.
func (a *account) summary() Summary {
	s := a.counts
	if unsaved := a.callbacks.unsaved; unsaved > 0 {
		s.WrittenThrough = min(s.WrittenThrough, unsaved-1)
	}
	return s
}

// progress is what the run has done so far, with what is under way.
func (a *account) progress() Summary {
	s := a.counts
	s.Unsure += a.undecided
	return s
}

// shards is what the run has done on each shard, by ID.
func (a *account) shards() []ShardSummary {
	var all []ShardSummary
	for _, s := range a.byShard {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b ShardSummary) int { return cmp.Compare(a.ShardID, b.ShardID) })
	return all
}

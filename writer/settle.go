package writer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
	"kin/writer/queue"
)

// answer is the response to a request: either a result for each of its parcels, or an
// error.
type answer struct {
	results []types.PutRecordsResultEntry
	err     error
}

// conditions are the state of the run that settle needs.
type conditions struct {
	now           time.Time
	stream        string        // for errors
	retryFor      time.Duration // as in Options
	savesRejected bool          // rejected records are passed to Options.Rejected
	refusals      int           // records refused in a row, since the last one was accepted
	stopped       bool          // the run is stopping
	scratch       []outcome     // memory for outcomes; may be nil
}

// settle returns the settlement of a request. It changes nothing.
func settle(r *queue.Request, a answer, c conditions) settlement {
	if a.err != nil {
		return settleError(r, a.err, c)
	}
	return settleResults(r, a.results, c)
}

// settleError settles a request without results: all of its parcels failed.
func settleError(r *queue.Request, err error, c conditions) settlement {
	s := settlement{outcomes: c.scratch[:0], resend: r.Parcels, cause: err}
	each := outcome{kind: parcelFailed, cause: err, inUse: isInUse(codeOf(err))}
	v := classify(err)
	s.shrink = v == refused && mayBeTooLarge(r)
	if c.stopped && errors.Is(err, context.Canceled) && !service.IsUnsent(err) {
		v = resendUnsure // kin cancelled the call: the records may be written
	}
	switch {
	case s.shrink:
		each.inUse = false
	case v == resend, v == resendUnsure:
		each.unknown = v == resendUnsure
		s.backOff = true
		s.sortFailed(r, r.Parcels, c)
	case v == refused && c.mayBeOneRecord(err) && len(r.Entries) == 1:
		each.kind, s.resend = parcelRefused, nil
	case v == refused && c.mayBeOneRecord(err):
		each.alone = true
	case v == refused:
		s.stop = &CallError{Call: "PutRecords", Stream: c.stream, First: firstNumber(r), Last: lastNumber(r), Err: err}
	default:
		s.stop = &CallError{Call: "PutRecords", Stream: c.stream, Err: err}
	}
	for range r.Parcels {
		s.outcomes = append(s.outcomes, each)
	}
	return s
}

// settleResults settles a request with a result for each of its parcels.
func settleResults(r *queue.Request, results []types.PutRecordsResultEntry, c conditions) settlement {
	s := settlement{outcomes: c.scratch[:0], answered: true}
	var failed []queue.Parcel
	final := false
	for i := range r.Parcels {
		p := &r.Parcels[i]
		o, ends := c.outcomeOf(&results[i], len(r.Records(p)))
		s.outcomes = append(s.outcomes, o)
		switch o.kind {
		case parcelWritten:
			c.refusals = 0
			s.outcomeOfShard(p).worked = true
		case parcelRefused:
			c.refusals++
		case parcelFailed:
			failed = append(failed, *p)
			shard := s.outcomeOfShard(p)
			shard.failed = true
			shard.throttled = shard.throttled || isThroughput(o.cause)
			if s.cause == nil || ends {
				s.cause = o.cause
			}
			final = final || ends
		}
	}
	switch {
	case final:
		s.resend, s.shards = failed, nil
		s.stop = &CallError{Call: "PutRecords", Stream: c.stream, Err: s.cause}
	case len(failed) > 0:
		s.sortFailed(r, failed, c)
	}
	return s
}

// outcomeOf returns the outcome of a parcel with this many records. A throttled parcel is a
// failed one, and is sent again. ends means that its error ends the run.
func (c *conditions) outcomeOf(result *types.PutRecordsResultEntry, records int) (o outcome, ends bool) {
	why := resultError(result)
	if why == nil {
		return outcome{shardID: *result.ShardId, sequence: *result.SequenceNumber}, false
	}
	o = outcome{kind: parcelFailed, cause: why}
	// The error of one entry does not concern the request. An unknown code is retried. Only a
	// code that is known to be permanent ends the run.
	named, ok := why.(*entryError) //nolint:errorlint // resultError returns it as it is
	if !ok {
		o.unknown = true
		return o, false
	}
	switch v := classifyCode(named.code); {
	case c.mayBeOneRecord(why) && records == 1:
		o.kind = parcelRefused
	case c.mayBeOneRecord(why):
		o.alone = true
	case v != resend && v != resendUnsure && v != unknownCode:
		ends = true
	case isInUse(named.code):
		o.inUse = true
	}
	return o, ends
}

// sortFailed divides the records of failed parcels into those to send again and those whose
// RetryFor has passed.
func (s *settlement) sortFailed(r *queue.Request, failed []queue.Parcel, c conditions) {
	s.retried, s.resend, s.remaining = len(failed), nil, c.retryFor
	for i := range failed {
		p := &failed[i]
		entries := r.Records(p)
		if left := c.retryFor - c.now.Sub(firstSent(entries)); left > 0 {
			s.remaining = min(s.remaining, left)
			s.resend = append(s.resend, *p)
			continue
		}
		for at, e := range entries {
			s.steps++
			if left := c.retryFor - c.now.Sub(e.Sent); left > 0 {
				s.remaining = min(s.remaining, left)
				s.resend = append(s.resend, p.Single(at))
				continue
			}
			s.expired = append(s.expired, e)
		}
	}
	slices.SortFunc(s.expired, queue.CompareNumbers)
}

// maxRefusals is the number of refusals in a row after which the records are not at fault.
const maxRefusals = 100

// mayBeOneRecord reports whether a refusal may concern a single record. A run that saves
// rejected records then sends each record of the request alone, to find that one.
func (c *conditions) mayBeOneRecord(err error) bool {
	return c.savesRejected && classify(err) == refused && c.refusals < maxRefusals
}

// mayBeTooLarge reports whether a request may have been refused because an older endpoint
// has a smaller limit.
func mayBeTooLarge(r *queue.Request) bool {
	return len(r.Parcels) > 1 && r.Bytes > queue.OldRequestBytes
}

// isThroughput reports whether a shard refused an entry because of its write limits.
func isThroughput(err error) bool {
	named, ok := err.(*entryError) //nolint:errorlint // resultError returns it as it is
	return ok && named.code == service.CodeShardLimit
}

// isInUse reports whether an error code means that the stream is being created or deleted.
func isInUse(code string) bool { return service.ClassOfCode(code) == service.InUse }

// firstSent is the earliest time at which one of the entries was first sent.
func firstSent(entries []*queue.Entry) time.Time {
	first := entries[0].Sent
	for _, e := range entries[1:] {
		if e.Sent.Before(first) {
			first = e.Sent
		}
	}
	return first
}

// firstNumber is the lowest record number in the request.
func firstNumber(r *queue.Request) int64 {
	return slices.MinFunc(r.Entries, queue.CompareNumbers).Number
}

// lastNumber is the highest record number in the request.
func lastNumber(r *queue.Request) int64 {
	return slices.MaxFunc(r.Entries, queue.CompareNumbers).Number
}

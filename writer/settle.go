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

// answer is what came back for a request: a result for each of its parcels, or an
// error.
type answer struct {
	results []types.PutRecordsResultEntry
	err     error
}

// conditions are what settle has to know of the run.
type conditions struct {
	now      time.Time
	stream   string        // for errors
	retryFor time.Duration // as in Options
	saves    bool          // Options.Rejected takes records that are given up
	refusals int           // refused records in a row, since the last that was accepted
	stopped  bool
	scratch  []outcome // memory for outcomes; may be nil
}

// settle decides what the answer to a request means. It changes nothing.
func settle(r *queue.Request, a answer, c conditions) settlement {
	if a.err != nil {
		return settleError(r, a.err, c)
	}
	return settleResults(r, a.results, c)
}

// settleError is for a request without results: all of it failed.
func settleError(r *queue.Request, err error, c conditions) settlement {
	s := settlement{outcomes: c.scratch[:0], again: r.Parcels, cause: err}
	each := outcome{kind: parcelFailed, cause: err, inUse: isInUse(codeOf(err))}
	v := classify(err)
	s.shrink = v == refused && mayBeTooLarge(r)
	if c.stopped && errors.Is(err, context.Canceled) && !service.IsUnsent(err) {
		v = unsure // we cancelled the call: it may have been written
	}
	switch {
	case s.shrink:
		each.inUse = false
	case v == again, v == unsure:
		each.unknown = v == unsure
		s.backOff = true
		s.sortFailed(r, r.Parcels, c)
	case v == refused && c.singlesOut(err) && len(r.Entries) == 1:
		each.kind, s.again = parcelRefused, nil
	case v == refused && c.singlesOut(err):
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

// settleResults is for a request with a result for each of its parcels.
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
			s.ofShard(p).worked = true
		case parcelRefused:
			c.refusals++
		case parcelFailed:
			failed = append(failed, *p)
			shard := s.ofShard(p)
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
		s.again, s.shards = failed, nil
		s.stop = &CallError{Call: "PutRecords", Stream: c.stream, Err: s.cause}
	case len(failed) > 0:
		s.sortFailed(r, failed, c)
	}
	return s
}

// outcomeOf is the outcome of a parcel with so many records. A throttled entry stays
// parcelFailed, and is sent again. ends says that the run has to end because of it.
func (c *conditions) outcomeOf(result *types.PutRecordsResultEntry, records int) (o outcome, ends bool) {
	why := resultError(result)
	if why == nil {
		return outcome{shardID: *result.ShardId, sequence: *result.SequenceNumber}, false
	}
	o = outcome{kind: parcelFailed, cause: why}
	// The error of one entry says nothing about the request. An unknown code is
	// retried; only a code that is known to be permanent ends the run.
	named, ok := why.(*entryError) //nolint:errorlint // resultError returns it as it is
	if !ok {
		o.unknown = true
		return o, false
	}
	switch v := classifyCode(named.code); {
	case c.singlesOut(why) && records == 1:
		o.kind = parcelRefused
	case c.singlesOut(why):
		o.alone = true
	case v != again && v != unsure && v != unknownCode:
		ends = true
	case isInUse(named.code):
		o.inUse = true
	}
	return o, ends
}

// sortFailed divides the records of parcels that failed: those that are sent again,
// and those whose RetryFor is over.
func (s *settlement) sortFailed(r *queue.Request, failed []queue.Parcel, c conditions) {
	s.retried, s.again, s.remaining = len(failed), nil, c.retryFor
	for i := range failed {
		p := &failed[i]
		entries := r.Records(p)
		if left := c.retryFor - c.now.Sub(firstSent(entries)); left > 0 {
			s.remaining = min(s.remaining, left)
			s.again = append(s.again, *p)
			continue
		}
		for at, e := range entries {
			s.steps++
			if left := c.retryFor - c.now.Sub(e.Sent); left > 0 {
				s.remaining = min(s.remaining, left)
				s.again = append(s.again, p.Single(at))
				continue
			}
			s.over = append(s.over, e)
		}
	}
	slices.SortFunc(s.over, queue.CompareNumbers)
}

// After maxRefusals in a row the fault is not in single records.
const maxRefusals = 100

// singlesOut reports whether a refusal may be about one record. A run that saves
// rejected records then sends each record alone, to find it.
func (c *conditions) singlesOut(err error) bool {
	return c.saves && classify(err) == refused && c.refusals < maxRefusals
}

// mayBeTooLarge reports whether the refusal of a request may be the smaller limit of an
// older endpoint.
func mayBeTooLarge(r *queue.Request) bool {
	return len(r.Parcels) > 1 && r.Bytes > queue.OldRequestBytes
}

// isThroughput reports whether a shard refused an entry because of its limits.
func isThroughput(err error) bool {
	named, ok := err.(*entryError) //nolint:errorlint // resultError returns it as it is
	return ok && named.code == service.CodeShardLimit
}

// isInUse reports whether an error code says that the stream is being created or deleted.
func isInUse(code string) bool { return service.ClassOfCode(code) == service.InUse }

// firstSent is when the first of entries was sent.
func firstSent(entries []*queue.Entry) time.Time {
	first := entries[0].Sent
	for _, e := range entries[1:] {
		if e.Sent.Before(first) {
			first = e.Sent
		}
	}
	return first
}

// firstNumber is the lowest number of a record in the request.
func firstNumber(r *queue.Request) int64 {
	return slices.MinFunc(r.Entries, queue.CompareNumbers).Number
}

// lastNumber is the highest number of a record in the request.
func lastNumber(r *queue.Request) int64 {
	return slices.MaxFunc(r.Entries, queue.CompareNumbers).Number
}

package reader

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/validate"
)

// Arrival times are not in order: a record that arrived after the bound proves nothing about the
// records after it. A position is one place in a shard, so a run that prints a record must print
// all before it, or it would lose them. Therefore a bounded run prints a shard up to its last
// record within the bound.
//
// To find that record, the run holds back the late records at the end of an answer and continues to
// read. If a record within the bound follows, the run goes back and prints the late records too. If
// the shard proves to be beyond the bound, the late records are left to the next run.

// lateRecords is what a run knows of the records of one shard that arrived after the bound.
type lateRecords struct {
	held    bool   // the last received records are held back
	answers int    // answers in a row that end with such records, including the first
	through string // the sequence number up to which every record is printed; may be empty
}

// cutoff is the part of a response that is within the bound.
type cutoff struct {
	records int  // how many of its records are printed
	rewind  bool // print none: read again from the records that were held back
	held    bool // records before or in it are held back
	done    bool // the shard has nothing more for this run
}

// cut decides which part of a shard's next response is within the bound.
func (s *Stream) cut(l *lateRecords, shard *lineage.Shard, resp *Response) cutoff {
	until, last := s.lateAfter(shard), len(resp.Records)
	n := last
	for n > 0 && !until.IsZero() && l.isLate(&resp.Records[n-1], until) {
		n--
	}
	if l.held && n > 0 {
		*l = lateRecords{through: aws.ToString(resp.Records[n-1].SequenceNumber)}
		return cutoff{rewind: true}
	}
	switch {
	case n == last && n > 0:
		l.answers = 0
	case n > 0:
		l.held, l.answers = true, 1
	case last > 0:
		l.held = true
		l.answers++
	}
	w := cutoff{records: n, held: l.held}
	if l.held && (resp.End || last > 0) {
		w.done = resp.End || s.isBeyond(l.answers, resp)
	} else {
		w.done = s.boundMet(shard, resp)
	}
	return w
}

// isLate reports whether a record arrived after the bound and may be held back.
func (l *lateRecords) isLate(r *types.Record, until time.Time) bool {
	return aws.ToTime(r.ApproximateArrivalTimestamp).After(until) &&
		(l.through == "" || validate.Compare(aws.ToString(r.SequenceNumber), l.through) > 0)
}

// lateAfter is the time after which a record of the shard is late. Zero means that no record is
// late: there is no bound, its time has not come, or the shard was closed before it.
func (s *Stream) lateAfter(shard *lineage.Shard) time.Time {
	if shard.Complete || s.now().Add(time.Second).Before(s.until) { // a Date is cut to the second
		return time.Time{}
	}
	return s.until
}

// isBeyond reports whether the shard is beyond the bound. answers is how many answers in a row
// ended with late records. One record may have a wrong time, so it takes two answers, and
// MillisBehindLatest must agree. After many answers, MillisBehindLatest is ignored.
func (s *Stream) isBeyond(answers int, resp *Response) bool {
	const few, many = 2, 10
	now := s.now()
	if now.Before(s.until) || answers < few {
		return false
	}
	behind := time.Duration(aws.ToInt64(resp.MillisBehindLatest)) * time.Millisecond
	return answers >= many || !now.Add(-behind).Before(s.until)
}

// markComplete marks the shards that the first listing shows as closed, unless the bound is earlier
// than the listing.
func markComplete(s *Stream) {
	if s.until.IsZero() || s.until.Before(s.listedAt) {
		return
	}
	for _, shard := range s.lineage.Shards {
		shard.Complete = shard.Closed
	}
}

// bounded reports whether the run ends by itself when every shard has been read up to a time.
func (o Options) bounded() bool { return o.AvailableNow || o.To.Kind != record.Latest }

// until is that time, for a stream whose clock is now; zero without a bound.
func (o Options) until(now time.Time) time.Time {
	switch {
	case o.AvailableNow:
		// A Date is cut to the second: records of the whole second were available.
		return now.Add(time.Second - time.Millisecond)
	case o.To.Kind != record.Latest:
		return o.To.Resolve(now).Timestamp.Time
	}
	return time.Time{}
}

// boundMet reports whether a response shows that every record up to the bound was read. Such a
// response is empty. Either it was at the tip when the service's clock had reached the bound, or
// the records that remain are later. A response with records shows neither: some endpoints count
// MillisBehindLatest from its last record, so the next response decides. A closed shard at its tip
// is read to its end, since its children may have more. Some endpoints show the end a few responses
// later.
func (s *Stream) boundMet(shard *lineage.Shard, resp *Response) bool {
	if s.until.IsZero() || resp.End || len(resp.Records) > 0 {
		return false
	}
	if resp.atTip() {
		return s.reached(resp) && !s.isClosed(shard)
	}
	return !resp.readThrough().Before(s.until)
}

// reached reports whether the service's clock had reached the bound when it answered. Without a
// usable Date, the call must have been made after the bound, because the response may have waited
// since.
func (s *Stream) reached(resp *Response) bool {
	if s.o.AvailableNow {
		return true // every fetch began after the bound was set
	}
	if !resp.ServerTime.IsZero() {
		return !resp.ServerTime.Before(s.until)
	}
	if resp.RequestedAt.IsZero() {
		return false
	}
	now := s.dates.Now()
	if now.IsZero() {
		now = time.Now() // an endpoint without a usable clock
	}
	return !now.Add(-time.Since(resp.RequestedAt)).Before(s.until)
}

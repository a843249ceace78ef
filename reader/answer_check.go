package reader

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/validate"
)

// answerCheck checks the answers about one shard.
type answerCheck struct {
	shardRef
	repeated     time.Time // when repeated records were last reported
	contradicted contradictions
}

// Every answer of every source is checked here before it is used. An impossible answer is retried
// like an unreadable one.

// Check checks a response of the shard. An error is the reason why the response is impossible; then
// none of it may be used.
func (a *answerCheck) Check(resp *Response) error {
	if c := resp.Continuation; c != "" && !validate.SequenceNumber(c) {
		return &validate.Error{Reason: fmt.Sprintf("continuation sequence number %.60q is not a number", c)}
	}
	if err := validate.Records(resp.Records, resp.MillisBehindLatest); err != nil {
		return err
	}
	return validate.Arrivals(resp.Records, a.s.dates.Now())
}

// ServerTime returns the Date of an answer. It is zero if the Date is not usable, which is reported
// once. An error means that this first answer of the run is not usable, because its Date is
// impossible.
func (a *answerCheck) ServerTime(date time.Time) (time.Time, error) { return a.s.dates.Accept(date) }

// dropReceived drops the records of a checked response that are not after a position, and reports
// that. It returns how many it dropped. Some servers treat AFTER_SEQUENCE_NUMBER as
// AT_SEQUENCE_NUMBER, ignore the position, or repeat an answer. The error is that of CheckDropped.
func (a *answerCheck) dropReceived(at checkpoint.Shard, resp *Response) (int, error) {
	n := received(at, resp.Records)
	if n == 0 {
		return 0, nil
	}
	asked := a.IsContradicted() // then kin asked for records before the position
	if err := a.CheckDropped(at, resp.Records[:n], n < len(resp.Records)); err != nil {
		return 0, err
	}
	resp.Records = resp.Records[n:]
	if !asked {
		a.reportReceived()
	}
	return n, nil
}

// received returns how many of the ordered records a shard's position has passed.
func received(at checkpoint.Shard, records []types.Record) int {
	least := 1 // records after the position have a higher number
	switch at.Kind {
	case record.AfterSequenceNumber:
	case record.AtSequenceNumber:
		least = 0
	case record.TrimHorizon, record.AtTimestamp, record.ShardEnd:
		return 0
	}
	beyond := slices.IndexFunc(records, func(r types.Record) bool {
		return validate.Compare(aws.ToString(r.SequenceNumber), at.SequenceNumber) >= least
	})
	if beyond < 0 {
		return len(records)
	}
	return beyond
}

// reportReceived reports an answer with records that were received before, once a minute for each
// shard.
func (a *answerCheck) reportReceived() {
	now := time.Now()
	if !a.repeated.IsZero() && now.Sub(a.repeated) < service.ReportEvery {
		return
	}
	a.repeated = now
	a.Info(fmt.Sprintf("%s/%s: the service sent records that kin had already received; kin dropped them", a.s.ref.Name, a.shard))
}

// errRepeats means that an answer has only records that were received before, and the next page
// would be the same.
var errRepeats = errors.New("the answer has only records that kin had already received")

// A record with a sequence number that is too high makes the position too high. Every following
// record then looks like one that was received before, and would be dropped. These records reveal
// the error: they come before the position, and kin has not received them.

// maxContradictions is how many such answers in a row prove that a position is wrong.
const maxContradictions = 3

// contradictions is what a run knows about a position that may be too high.
type contradictions struct {
	// from is the sequence number that the last response with records began after ("0": at the
	// oldest record). last is the sequence number of its last record.
	from, last string
	received   []uint32 // the response's sequence numbers, hashed: 4 bytes a record
	answers    int      // answers in a row that contradict last
}

var hashSeed = maphash.MakeSeed()

// hashed is a short hash of a sequence number. If an unreceived record has the hash of a received
// one, the records next to it still show the error.
func hashed(r *types.Record) uint32 {
	return uint32(maphash.String(hashSeed, aws.ToString(r.SequenceNumber)))
}

// Received stores the records of a response that was received after a position.
func (a *answerCheck) Received(at checkpoint.Shard, records []types.Record) {
	n := len(records)
	if n == 0 {
		return
	}
	s := contradictions{last: aws.ToString(records[n-1].SequenceNumber), received: a.contradicted.received[:0]}
	s.received = slices.Grow(s.received, n)
	for i := range records {
		s.received = append(s.received, hashed(&records[i]))
	}
	switch at.Kind {
	case record.TrimHorizon:
		s.from = "0"
	case record.AfterSequenceNumber:
		s.from = at.SequenceNumber
	default:
		s.from = aws.ToString(records[0].SequenceNumber)
	}
	a.contradicted = s
}

// CheckDropped checks records that are dropped because they come before the position. Each must be
// one that kin can have received. more means that records after the position follow; then the last
// dropped record must be the position's own. If the service keeps contradicting that, the error is
// a *SequenceError. After any other error, the next call must begin at AskFrom.
func (a *answerCheck) CheckDropped(at checkpoint.Shard, dropped []types.Record, more bool) error {
	s := &a.contradicted
	if at.Kind != record.AfterSequenceNumber || len(dropped) == 0 {
		return nil
	}
	newest := aws.ToString(dropped[len(dropped)-1].SequenceNumber)
	if more && newest != at.SequenceNumber {
		return a.contradict(at, fmt.Sprintf("the service sent record %s, then records after %s, but not that record itself", newest, at.SequenceNumber))
	}
	if at.SequenceNumber != s.last {
		return nil
	}
	for i := range dropped {
		n := aws.ToString(dropped[i].SequenceNumber)
		switch {
		case validate.Compare(n, s.from) <= 0: // of an earlier response
		case !slices.Contains(s.received, hashed(&dropped[i])):
			return a.contradict(at, fmt.Sprintf("the service skipped record %s before record %s, and sends it only now", n, s.last))
		case n == s.last: // the position's own record exists
			s.answers = 0
		}
	}
	return nil
}

// contradict counts an answer that contradicts a position, and returns the error for it.
func (a *answerCheck) contradict(at checkpoint.Shard, reason string) error {
	if a.contradicted.answers++; a.contradicted.answers < maxContradictions {
		return &validate.Error{Reason: reason}
	}
	return &SequenceError{Stream: a.s.ref.Name, Shard: a.shard, SequenceNumber: at.SequenceNumber, Kept: a.s.o.Positions != nil, Reason: reason}
}

// AskFrom is the position at which the next call begins. It is at, unless an answer has
// contradicted at. Then it is the start of the response that had the record of at.
func (a *answerCheck) AskFrom(at checkpoint.Shard) checkpoint.Shard {
	switch s := &a.contradicted; {
	case !a.isInDoubt(at):
		return at
	case s.from == "0":
		return Oldest()
	default:
		return checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: s.from}}
	}
}

// isInDoubt reports whether at is from this run and an answer has contradicted it.
func (a *answerCheck) isInDoubt(at checkpoint.Shard) bool {
	return a.IsContradicted() && at.SequenceNumber == a.contradicted.last
}

// IsContradicted reports whether an answer has contradicted the position.
func (a *answerCheck) IsContradicted() bool { return a.contradicted.answers > 0 }

// EndError means that kin does not trust an answer which ends a shard, and uses nothing of it. The
// caller asks again from where the answer began.
type EndError struct {
	Reason string
	// Anew means that the caller should ask with a new iterator or subscription: the current one
	// already got this answer.
	Anew bool
}

func (e *EndError) Error() string { return e.Reason }

// endCheck decides whether a shard has ended.
type endCheck struct {
	shardRef
	unconfirmed unconfirmedEnds
}

// unconfirmedEnds counts the ends of a shard that contradict themselves.
type unconfirmedEnds struct {
	behind int    // ends in a row from one position with MillisBehindLatest above 0
	from   string // that position
}

// maxBehindEnds is how many ends in a row with MillisBehindLatest above 0 have to come from one
// position until kin accepts the end.
const maxBehindEnds = 3

// EndedInto confirms that a response ends the shard, which was read up to at. It returns the
// shard's children, which may be empty.
//
// It asks ListShards, unless the response is as documented and a listing of this run shows the
// shard as closed or one of the children. A shard that ListShards shows as open has not ended. A
// listing that lags catches up while the caller asks again.
//
// An end with a MillisBehindLatest above zero contradicts itself: records may be left. Other
// implementations of the service may send a stale value there. So kin accepts such an end of a
// closed shard if it is repeated, and reports that.
//
// The KCL rejects an end without children, or whose children have no parents
// (DataRetrievalUtil.java). Other implementations end a shard without children, so ListShards alone
// decides. Children that do not name their parents are ignored: after a merge, such a child would
// not wait for its other parent.
func (a *endCheck) EndedInto(ctx context.Context, at checkpoint.Shard, resp *Response) ([]types.ChildShard, error) {
	children := resp.Children
	if len(children) == 0 || slices.ContainsFunc(children, func(c types.ChildShard) bool { return !validate.Child(c) }) {
		children = nil
	}
	behind := aws.ToInt64(resp.MillisBehindLatest)
	if children != nil && behind == 0 && a.s.hasSeenEnd(a.shard, children) {
		return children, nil
	}
	if err := a.s.refresh(ctx); err != nil {
		return nil, err
	}
	if err := a.confirm(at, behind); err != nil {
		return nil, err
	}
	if behind > 0 {
		a.Info(fmt.Sprintf("%s/%s: the service ended the shard %d times in a row with MillisBehindLatest %d: kin treats it as ended, because ListShards shows it as closed",
			a.s.ref.Name, a.shard, maxBehindEnds, behind))
	}
	return children, nil
}

// confirm returns an *EndError if the end of the shard cannot be trusted yet.
func (a *endCheck) confirm(at checkpoint.Shard, behind int64) error {
	d := &a.unconfirmed
	if from := describe(at) + " " + at.Continuation; behind == 0 || from != d.from {
		d.behind, d.from = 0, from
	}
	if behind > 0 {
		d.behind++
	}
	switch {
	case a.s.isOpen(a.shard):
		return &EndError{Reason: "the answer ends a shard that is open"}
	case behind > 0 && d.behind < maxBehindEnds:
		return &EndError{fmt.Sprintf("the answer ends a shard with MillisBehindLatest %d", behind), d.behind > 1}
	}
	return nil
}

// SeemsClosed reports whether the listings so far show that the shard takes no more records: one
// shows it as closed, or it has a child. It makes no call.
func (a *endCheck) SeemsClosed() bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	shard := a.s.lineage.Shards[a.shard]
	return shard != nil && (shard.Closed || a.s.lineage.HasChildren(shard.ID))
}

// IsClosed asks ListShards whether the shard takes no more records. A shard that is no longer
// listed takes none. It retries as the run does.
func (a *endCheck) IsClosed(ctx context.Context) (bool, error) {
	if err := a.s.refresh(ctx); err != nil {
		return false, err
	}
	return !a.s.isOpen(a.shard), nil
}

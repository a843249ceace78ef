package reader

import (
	"context"
	"errors"
	"fmt"
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
	expected := a.IsContradicted() // after a contradiction kin asks from before the position: records already received are expected
	if err := a.CheckDropped(at, resp.Records[:n], n < len(resp.Records)); err != nil {
		return 0, err
	}
	resp.Records = resp.Records[n:]
	if !expected {
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

// EndError means that kin does not trust an answer which ends a shard, and uses nothing of it. The
// caller asks again from where the answer began.
type EndError struct {
	Reason string
	// NeedsNewIterator means that the caller should ask with a new iterator or subscription: the
	// current one already got this answer.
	NeedsNewIterator bool
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

// EndedInto confirms that a response ends the shard. at is the position up to which the shard was
// read. EndedInto returns the shard's children, which may be empty.
//
// It asks ListShards, unless the response is as documented and a listing of this run either shows
// the shard as closed or contains one of the children. A shard that ListShards shows as open has not ended. A
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
		a.Info(fmt.Sprintf("%s/%s: the service reported the end of the shard %d times in a row with MillisBehindLatest %d: kin accepts it, because ListShards shows the shard as closed",
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
		return &EndError{Reason: "the answer reports the end of a shard that is open"}
	case behind > 0 && d.behind < maxBehindEnds:
		return &EndError{fmt.Sprintf("the answer reports the end of a shard with MillisBehindLatest %d", behind), d.behind > 1}
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

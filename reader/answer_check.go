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
	repeated     time.Time // when records that came again were last reported
	contradicted contradictions
}

// Every answer is checked before anything of it is used, here for all sources.
// One that cannot be right is retried like one that cannot be read.

// Check checks a response of the shard. Its error says why the response cannot
// be right; then nothing of it may be used.
func (a *answerCheck) Check(resp *Response) error {
	if c := resp.Continuation; c != "" && !validate.SequenceNumber(c) {
		return &validate.Error{Reason: fmt.Sprintf("continuation sequence number %.60q is not a number", c)}
	}
	if err := validate.Records(resp.Records, resp.MillisBehindLatest); err != nil {
		return err
	}
	return validate.Arrivals(resp.Records, a.s.dates.Now())
}

// ServerTime is the Date of an answer as far as it may be used: zero where it
// went astray, which is reported once. An error means that the answer is not to
// be used: it is the first of the run, and its Date cannot be right.
func (a *answerCheck) ServerTime(date time.Time) (time.Time, error) { return a.s.dates.Accept(date) }

// dropReceived drops the records of a checked response that are not beyond a
// position, reports that, and returns how many there were. Some servers take
// AFTER_SEQUENCE_NUMBER for AT_SEQUENCE_NUMBER, ignore the position, or send an
// answer again. The error is that of CheckDropped.
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

// received is how many of the records, which are in order, a shard's position is
// beyond.
func received(at checkpoint.Shard, records []types.Record) int {
	least := 1 // a record has to follow the position's
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

// reportReceived reports an answer with records that were received before, once
// a minute for each shard.
func (a *answerCheck) reportReceived() {
	now := time.Now()
	if !a.repeated.IsZero() && now.Sub(a.repeated) < service.ReportEvery {
		return
	}
	a.repeated = now
	a.Info(fmt.Sprintf("%s/%s: the service sent records that kin had already received; kin dropped them", a.s.ref.Name, a.shard))
}

// errRepeats is the error of an answer that has only records that were received
// before, and leads no further.
var errRepeats = errors.New("the answer has only records that kin had already received")

// A record whose sequence number is too high makes the position too high: every
// record behind it looks as if it had been received, and would be dropped. Those
// records show it: they come before the position, and kin has not received them.

// mostContradictions answers in a row show that a position cannot be right.
const mostContradictions = 3

// contradictions is what a run knows of a position that may be too high.
type contradictions struct {
	// from is the sequence number behind which the last response with records began
	// ("0": the oldest record), and last that of its last record.
	from, last string
	received   []uint32 // its sequence numbers, hashed: 4 bytes a record
	answers    int      // in a row that contradict last
}

var hashSeed = maphash.MakeSeed()

// hashed is short for a sequence number. Of two with the same hash one may pass for
// the other: the records beside it show what was not received.
func hashed(r *types.Record) uint32 {
	return uint32(maphash.String(hashSeed, aws.ToString(r.SequenceNumber)))
}

// Received notes the records of a response that was received behind a position.
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

// CheckDropped checks records that are dropped because they come before the
// position: each has to be one that kin can have received. more says that records
// beyond the position follow: the last one dropped is then the position's own. Its
// error is a *SequenceError once the service keeps contradicting that. Otherwise the
// next call is to begin at AskFrom.
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
			return a.contradict(at, fmt.Sprintf("the service sent record %s, which kin had not received, although it comes before record %s, which kin had", n, s.last))
		case n == s.last: // it is there
			s.answers = 0
		}
	}
	return nil
}

// contradict counts an answer that contradicts a position.
func (a *answerCheck) contradict(at checkpoint.Shard, reason string) error {
	if a.contradicted.answers++; a.contradicted.answers < mostContradictions {
		return &validate.Error{Reason: reason}
	}
	return &SequenceError{Stream: a.s.ref.Name, Shard: a.shard, SequenceNumber: at.SequenceNumber, Kept: a.s.o.Positions != nil, Reason: reason}
}

// AskFrom is the position that the next call begins at: at or, while an answer has
// contradicted it, where the response began that has the record of at.
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

// isInDoubt reports whether an answer has contradicted a position that this run
// received.
func (a *answerCheck) isInDoubt(at checkpoint.Shard) bool {
	return a.IsContradicted() && at.SequenceNumber == a.contradicted.last
}

// IsContradicted reports whether an answer has contradicted the position.
func (a *answerCheck) IsContradicted() bool { return a.contradicted.answers > 0 }

// EndError means that an answer which ends a shard is not believed, and nothing of
// it is used: the caller asks again from where the answer began.
type EndError struct {
	Reason string
	// Anew says that the caller should ask in a new way: the same one got this
	// answer before.
	Anew bool
}

func (e *EndError) Error() string { return e.Reason }

// endCheck decides whether a shard has ended.
type endCheck struct {
	shardRef
	unconfirmed unconfirmedEnds
}

// unconfirmedEnds are the ends of a shard that its answers contradict.
type unconfirmedEnds struct {
	behind int    // ends in a row from one position that say there is more to read
	from   string // that position
}

// mostBehindEnds is how many answers in a row have to end a shard from one position,
// and say that there is more to read, until the end is believed.
const mostBehindEnds = 3

// EndedInto confirms that a response ends the shard, which was read up to at, and
// returns the shard's children, which may be missing. It asks ListShards unless the
// response is in itself as documented and a listing of this run has shown that the
// shard is closed, or one of the children. A shard that is open there has not ended:
// a listing that lags catches up while the caller asks again.
//
// An end with a MillisBehindLatest above zero contradicts itself: records may be left.
// Other implementations of the service may have a stale one there. So such an end
// of a closed shard is believed when it keeps coming, and that is reported.
//
// The KCL takes an end for broken that has no children, or children without parents
// (DataRetrievalUtil.java). Other implementations end a shard without children:
// ListShards decides alone. Children that do not name their parents are not used:
// such a child would not wait for its other parent after a merge.
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
		a.Info(fmt.Sprintf("%s/%s: the service ended the shard %d times in a row with MillisBehindLatest %d: kin takes it as ended, because ListShards shows it as closed",
			a.s.ref.Name, a.shard, mostBehindEnds, behind))
	}
	return children, nil
}

// confirm returns an *EndError where the end of the shard is not to be believed yet.
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
	case behind > 0 && d.behind < mostBehindEnds:
		return &EndError{fmt.Sprintf("the answer ends a shard with MillisBehindLatest %d", behind), d.behind > 1}
	}
	return nil
}

// SeemsClosed says whether the listings so far show that the shard takes no more
// records: one calls it closed, or a shard descends from it. It makes no call.
func (a *endCheck) SeemsClosed() bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	shard := a.s.lineage.Shards[a.shard]
	return shard != nil && (shard.Closed || a.s.lineage.HasChildren(shard.ID))
}

// IsClosed asks ListShards whether the shard takes no more records. A shard that
// is no longer listed takes none. It retries as the run does.
func (a *endCheck) IsClosed(ctx context.Context) (bool, error) {
	if err := a.s.refresh(ctx); err != nil {
		return false, err
	}
	return !a.s.isOpen(a.shard), nil
}

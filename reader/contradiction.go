package reader

import (
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/validate"
)

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
// a *SequenceError. After any other error, the next call must begin at RequestPosition.
func (a *answerCheck) CheckDropped(at checkpoint.Shard, dropped []types.Record, more bool) error {
	s := &a.contradicted
	if at.Kind != record.AfterSequenceNumber || len(dropped) == 0 {
		return nil
	}
	newest := aws.ToString(dropped[len(dropped)-1].SequenceNumber)
	if more && newest != at.SequenceNumber {
		return a.contradict(at, fmt.Sprintf("the service sent record %s, then records after record %s, but not that record", newest, at.SequenceNumber))
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

// RequestPosition is the position at which the next call begins. It is at, unless an answer has
// contradicted at. Then it is the start of the response that had the record of at.
func (a *answerCheck) RequestPosition(at checkpoint.Shard) checkpoint.Shard {
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

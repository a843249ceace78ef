package reader

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/validate"
)

// A record whose sequence number is too high makes the position too high: every
// record behind it looks as if it had been received, and would be dropped. Those
// records show it: they come before the position, and kin has not received them.

// SequenceError means that the sequence number of a shard's position cannot be
// right.
type SequenceError struct {
	Stream, Shard, SequenceNumber string
	Kept                          bool   // positions are kept, and this is one of them
	Reason                        string // what the service sends instead
}

func (e *SequenceError) Error() string {
	return fmt.Sprintf("sequence number %s of %s/%s cannot be right: %s", e.SequenceNumber, e.Stream, e.Shard, e.Reason)
}

// Unusable says whether there is a checkpoint that cannot be used any more.
func (e *SequenceError) Unusable() bool { return e.Kept }

// Hint says what to do next.
func (e *SequenceError) Hint() string {
	if e.Kept {
		return fmt.Sprintf("kin checkpoint reset FILE --to TIME --shard %s moves the shard to a time before that record", e.Shard)
	}
	return "run kin again with --from and a time before that record"
}

// mostSuspicions is how many answers in a row have to show that a position cannot be
// right: one alone may itself be wrong.
const mostSuspicions = 3

// suspicion is what a run knows of a position that may be too high.
type suspicion struct {
	// before and last are the last two records that were received. No record lies
	// between them. before is empty where that is not known.
	before, last string
	answers      int // in a row that contradict last
}

// Received notes the records of a response that was received behind a position.
func (a *Assignment) Received(at checkpoint.Shard, records []types.Record) {
	n := len(records)
	if n == 0 {
		return
	}
	s := suspicion{last: aws.ToString(records[n-1].SequenceNumber)}
	switch {
	case n > 1:
		s.before = aws.ToString(records[n-2].SequenceNumber)
	case at.Kind == record.TrimHorizon:
		s.before = "0"
	default:
		s.before = at.SequenceNumber
	}
	a.suspicion = s
}

// CheckDropped checks records that are dropped because they come before the
// position: each has to be one that kin can have received. Its error is a
// *SequenceError once the service keeps contradicting that. Otherwise the next call
// is to begin at AskFrom.
func (a *Assignment) CheckDropped(at checkpoint.Shard, dropped []types.Record) error {
	s := &a.suspicion
	if at.Kind != record.AfterSequenceNumber || at.SequenceNumber != s.last || s.before == "" {
		return nil
	}
	for _, r := range dropped {
		switch n := aws.ToString(r.SequenceNumber); {
		case validate.Compare(n, s.before) <= 0:
		case validate.Compare(n, s.last) < 0:
			return a.suspect(at, fmt.Sprintf("the service sends record %s, which kin has not received, although it comes before record %s, which kin has", n, s.last))
		case s.last == n: // it is there
			s.answers = 0
		}
	}
	return nil
}

// suspect counts an answer that contradicts a position.
func (a *Assignment) suspect(at checkpoint.Shard, reason string) error {
	if a.suspicion.answers++; a.suspicion.answers < mostSuspicions {
		return &validate.Error{Reason: reason}
	}
	return &SequenceError{a.s.ref.Name, a.shard, at.SequenceNumber, a.s.o.Positions != nil, reason}
}

// AskFrom is the position that the next call begins at: at or, while an answer has
// contradicted it, one record before it, so that the next answer shows whether its
// record is there.
func (a *Assignment) AskFrom(at checkpoint.Shard) checkpoint.Shard {
	switch s := &a.suspicion; {
	case !a.IsSuspected() || at.SequenceNumber != s.last || s.before == "":
		return at
	case s.before == "0":
		return Oldest()
	default:
		return checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: s.before}}
	}
}

// IsSuspected reports whether an answer has contradicted the position.
func (a *Assignment) IsSuspected() bool { return a.suspicion.answers > 0 }

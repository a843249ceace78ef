package efo

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/checkpoint"
	"kin/reader"
)

// cursor is the position of a source in its shard. before_position.go handles events that precede
// it.
type cursor struct {
	*reader.Assignment
	// at is the position after the last event received, in order.
	at checkpoint.Shard

	reportedOldRecords bool // kin has reported records or a continuation from before the position
	// replays: the subscription sends old records and has not reached the position yet. catchingUp:
	// the current event has reached it.
	replays, catchingUp bool
}

// movesPosition reports whether a response moves the position.
func (s *cursor) movesPosition(resp *reader.Response) bool {
	return resp.End || len(resp.Records) > 0 ||
		resp.Continuation != s.at.Continuation && resp.Continuation != s.at.SequenceNumber
}

// isProgress reports whether a response is progress. In a shard that seems closed, a continuation
// that moves is not progress: some servers never announce the end.
func (s *cursor) isProgress(resp *reader.Response) bool {
	return s.movesPosition(resp) && (resp.End || len(resp.Records) > 0 || !s.SeemsClosed())
}

// isIdle reports whether a response shows that there is nothing to read.
func isIdle(resp *reader.Response) bool {
	return !resp.End && len(resp.Records) == 0 && aws.ToInt64(resp.MillisBehindLatest) == 0
}

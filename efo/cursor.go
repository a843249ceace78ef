package efo

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/checkpoint"
	"kin/reader"
)

// cursor is the position of a source in its shard. behind.go handles events that come
// before it.
type cursor struct {
	*reader.Assignment
	// at is the position behind the last event received, in order.
	at checkpoint.Shard

	reportedBehind bool // it was reported that events come from before the position
	// replays: the subscription sends old records, and has not reached the position.
	// catchingUp: the current event has reached it.
	replays, catchingUp bool
}

// moves says whether a response moves the position that it was read from.
func (s *cursor) moves(resp *reader.Response) bool {
	return resp.End || len(resp.Records) > 0 ||
		resp.Continuation != s.at.Continuation && resp.Continuation != s.at.SequenceNumber
}

// isProgress says whether a response is real progress. In a shard that seems closed a
// continuation that moves is none: some servers never announce the end.
func (s *cursor) isProgress(resp *reader.Response) bool {
	return s.moves(resp) && (resp.End || len(resp.Records) > 0 || !s.SeemsClosed())
}

// isIdle says whether a response shows that there is nothing to read.
func isIdle(resp *reader.Response) bool {
	return !resp.End && len(resp.Records) == 0 && aws.ToInt64(resp.MillisBehindLatest) == 0
}

package efo

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/checkpoint"
	"kin/reader"
)

// cursor is where a source stands in its shard, and what becomes of events from before
// that (behind.go).
type cursor struct {
	*reader.Assignment
	// at is the position behind the last event received, in order.
	at checkpoint.Shard

	saidBehind bool // that events came from before the position
	// replays says that the open subscription has sent records from before the
	// position and has not reached it; catchingUp that the event in hand reaches it.
	replays, catchingUp bool
}

// moves says whether a response moves the position that it was got behind.
func (s *cursor) moves(resp *reader.Response) bool {
	return resp.End || len(resp.Records) > 0 ||
		resp.Continuation != s.at.Continuation && resp.Continuation != s.at.SequenceNumber
}

// isProgress says whether a response that moves the position brings the run on. A
// server that does not announce the end of a shard may move the continuation for ever.
func (s *cursor) isProgress(resp *reader.Response) bool {
	return s.moves(resp) && (resp.End || len(resp.Records) > 0 || !s.SeemsClosed())
}

// isIdle says whether a response shows that there is nothing to read.
func isIdle(resp *reader.Response) bool {
	return !resp.End && len(resp.Records) == 0 && aws.ToInt64(resp.MillisBehindLatest) == 0
}

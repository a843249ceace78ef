package reader

import (
	"time"
)

var (
	startedAt = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	everyone  = func(string) bool { return true }
)

// streamOf returns the one stream of runOf.
func streamOf(s *session) *streamRun { return runOf(s).streams[0] }

// runOf returns a run of one stream.
func runOf(s *session) *run {
	r := &run{runState: &runState{session: s}}
	stream := &streamRun{delivery: delivery{Stream: newStream(s, "orders")}, run: r.runState}
	stream.follower = stream
	r.streams = []*streamRun{stream}
	return r
}

package reader

import (
	"log/slog"
	"time"
)

// shardRef is a shard of a stream of a run.
type shardRef struct {
	s     *Stream
	shard string
}

// Stream is the stream's name.
func (a shardRef) Stream() string { return a.s.ref.Name }

// StreamARN is the stream's ARN where the caller gave one, else nil.
func (a shardRef) StreamARN() *string { return a.s.ref.ByARN() }

// ShardID is the shard.
func (a shardRef) ShardID() string { return a.shard }

// QueryID is the query id of the run's positions.
func (a shardRef) QueryID() string { return a.s.queryID }

// IsKept says whether the positions are kept for a run to come.
func (a shardRef) IsKept() bool { return a.s.o.Positions != nil }

// Until is the run's bound in the stream's own time; zero without one.
func (a shardRef) Until() time.Time { return a.s.until }

// Now is the service's clock, carried on by this process's.
func (a shardRef) Now() time.Time { return a.s.now() }

// Log takes what is for those who look for a fault.
func (a shardRef) Log() *slog.Logger { return a.s.log }

// Say tells a person what they should know.
func (a shardRef) Say(message string) { a.s.o.Info(message) }

// Error is the error of a call about the shard.
func (a shardRef) Error(call string, err error) error {
	return &CallError{Call: call, Stream: a.s.ref.Given, Shard: a.shard, Err: err}
}

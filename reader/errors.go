package reader

import (
	"fmt"

	"kin/internal/record"
	"kin/internal/service"
)

// Recreated reports whether the stream was deleted and created again since the positions were
// saved.
func (e *CheckpointError) Recreated() bool { return e.recreated }

// CheckpointError means that the saved positions do not fit the stream.
type CheckpointError struct {
	Stream string
	Reason string
	Err    error // may be nil

	recreated bool // the stream was deleted and created again
	next      string
}

func (e *CheckpointError) Error() string { return "the checkpoint cannot be used: " + e.Reason }

func (e *CheckpointError) Unwrap() error { return e.Err }

// Unusable is true. It marks the error for packages that do not import the type.
func (e *CheckpointError) Unusable() bool { return true }

// Hint is what to do next.
func (e *CheckpointError) Hint() string {
	if e.next != "" {
		return e.next
	}
	return "positions of one stream mean nothing in another: delete the checkpoint file and run again; kin then begins at --from (default latest)"
}

// CallError is service.CallError.
type CallError = service.CallError

// GaveUpError is service.GaveUpError.
type GaveUpError = service.GaveUpError

// LineageError means that the service's answers make a shard its own ancestor. Such shards have no
// order in which kin could read them.
type LineageError struct {
	Call   string // the call that answered; empty if the end of a shard did
	Stream string // as the caller named it
	Ended  string // the shard whose end named its children; may be empty
	Shard  string // the shard that is its own ancestor
}

func (e *LineageError) Error() string {
	if e.Ended != "" {
		return fmt.Sprintf("the end of %s/%s names children that make shard %s its own ancestor", e.Stream, e.Ended, e.Shard)
	}
	return fmt.Sprintf("%s for stream %s: shard %s is its own ancestor", e.Call, e.Stream, e.Shard)
}

// StreamName is the stream as the caller named it.
func (e *LineageError) StreamName() string { return e.Stream }

// Hint is how to check the service's answer.
func (e *LineageError) Hint() string {
	name := "--stream-name"
	if record.ParseStream(e.Stream).ARN != "" {
		name = "--stream-arn"
	}
	return fmt.Sprintf("the endpoint's answer is wrong: check --endpoint, and run: aws kinesis list-shards %s %s", name, e.Stream)
}

// ShardNotFoundError means that a shard was requested by ID and is not in the stream.
type ShardNotFoundError struct {
	Stream, Shard string
	Known         []string // the IDs of the stream's shards
}

func (e *ShardNotFoundError) Error() string {
	return fmt.Sprintf("shard %q not found in stream %q", e.Shard, e.Stream)
}

// Hint lists the shards that exist.
func (e *ShardNotFoundError) Hint() string {
	switch n := len(e.Known); n {
	case 0:
		return "the stream has no shards"
	case 1:
		return "its one shard is " + e.Known[0]
	default:
		return fmt.Sprintf("it has %d shards, %s to %s", n, e.Known[0], e.Known[n-1])
	}
}

// NotFound is true. It marks the error for packages that do not import the type.
func (e *ShardNotFoundError) NotFound() bool { return true }

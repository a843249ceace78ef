package reader

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// CallError is a call to the service that failed for good.
type CallError struct {
	Call   string // ListShards, GetRecords, ...
	Stream string // as the caller named it
	Shard  string // empty when the call is about the whole stream
	Err    error
}

func (e *CallError) Error() string {
	if e.Shard != "" {
		return fmt.Sprintf("%s for %s/%s: %s", e.Call, e.Stream, e.Shard, brief(e.Err))
	}
	return fmt.Sprintf("%s for stream %s: %s", e.Call, e.Stream, brief(e.Err))
}

func (e *CallError) Unwrap() error { return e.Err }

// StreamName is the stream as the caller named it.
func (e *CallError) StreamName() string { return e.Stream }

// Operation is the name of the API call.
func (e *CallError) Operation() string { return e.Call }

// GaveUpError means that a call was retried for as long as was allowed.
type GaveUpError struct {
	After time.Duration
	Err   error // the last attempt's
}

func (e *GaveUpError) Error() string {
	return fmt.Sprintf("gave up after %s: %s", e.After.Round(time.Second/10), e.Err)
}

func (e *GaveUpError) Unwrap() error { return e.Err }

// GaveUp is true; it marks the error for those who do not import the type.
func (e *GaveUpError) GaveUp() bool { return true }

// OptionError means that a field of Options cannot be used.
type OptionError struct {
	Field string // in words, such as "max fetch rate"
	Want  string
}

func (e *OptionError) Error() string { return e.Field + ": want " + e.Want }

// ShardNotFoundError means that a shard that was asked for by name is not in
// the stream.
type ShardNotFoundError struct {
	Stream, Shard string
	Known         []string // the shards that are, by ID
}

func (e *ShardNotFoundError) Error() string {
	return fmt.Sprintf("shard %q not found in stream %q", e.Shard, e.Stream)
}

// Hint says which shards there are.
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

// NotFound is true; it marks the error for those who do not import the type.
func (e *ShardNotFoundError) NotFound() bool { return true }

// brief says what went wrong in a call without the SDK's chain of prefixes.
func brief(err error) string {
	var (
		api       smithy.APIError
		answer    *smithyhttp.ResponseError
		malformed *smithy.DeserializationError
		sent      *url.Error
		op        *net.OpError
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &malformed):
		return "the answer is not one of Kinesis"
	case errors.As(err, &api) && api.ErrorMessage() != "" && api.ErrorMessage() != api.ErrorCode():
		return api.ErrorCode() + ": " + api.ErrorMessage()
	case errors.As(err, &api) && api.ErrorCode() != "UnknownError":
		return api.ErrorCode()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &op):
		return op.Error()
	case errors.As(err, &sent):
		return sent.Err.Error()
	case errors.As(err, &answer) && answer.HTTPStatusCode() != 0:
		return fmt.Sprintf("HTTP status %d", answer.HTTPStatusCode())
	}
	// The innermost error says what happened; those around it say where.
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// CheckpointError means that the positions a run was to resume from are not
// those of the stream as it is.
type CheckpointError struct {
	Stream string
	Reason string
	Err    error // may be nil
}

func (e *CheckpointError) Error() string { return "the checkpoint cannot be used: " + e.Reason }
func (e *CheckpointError) Unwrap() error { return e.Err }

// Unusable is true; it marks the error for those who do not import the type.
func (e *CheckpointError) Unusable() bool { return true }

// Hint says what to do next.
func (e *CheckpointError) Hint() string {
	return "positions of one stream mean nothing in another: delete the checkpoint file and start from scratch"
}

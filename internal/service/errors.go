package service

import (
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// CallError adds to the error of a call what the call was about.
type CallError struct {
	Call     string // ListShards, GetRecords, ...
	Stream   string // as the caller named it
	Shard    string // empty if the call is not about one shard
	Consumer string // as the caller named it; empty if the call is not about a consumer
	// First and Last are the numbers of the records in a refused PutRecords request, from 1.
	// They are 0 for other calls.
	First, Last int64
	Err         error
}

func (e *CallError) Error() string {
	switch {
	case e.First > 0:
		return fmt.Sprintf("%s for stream %s, records %s to %s: %s", e.Call, e.Stream, humanize.Comma(e.First), humanize.Comma(e.Last), Brief(e.Err))
	case e.Consumer != "":
		return fmt.Sprintf("%s for consumer %s of stream %s: %s", e.Call, e.Consumer, e.Stream, Brief(e.Err))
	case e.Shard != "":
		return fmt.Sprintf("%s for %s/%s: %s", e.Call, e.Stream, e.Shard, Brief(e.Err))
	}
	return fmt.Sprintf("%s for stream %s: %s", e.Call, e.Stream, Brief(e.Err))
}

func (e *CallError) Unwrap() error { return e.Err }

// StreamName returns the stream as the caller named it.
func (e *CallError) StreamName() string { return e.Stream }

// Operation returns the name of the API call.
func (e *CallError) Operation() string { return e.Call }

// Subject returns the shard or stream of a *CallError, or "" for other errors.
func Subject(err error) string {
	var call *CallError
	switch {
	case !errors.As(err, &call):
		return ""
	case call.Shard != "":
		return call.Stream + "/" + call.Shard
	}
	return call.Stream
}

// GaveUpError means that a call was retried without success until its time limit.
type GaveUpError struct {
	After time.Duration // how long the call kept failing
	Err   error         // of the last attempt
}

func (e *GaveUpError) Error() string {
	return fmt.Sprintf("gave up after %s: %s", e.After.Round(time.Second/10), e.Err)
}

func (e *GaveUpError) Unwrap() error { return e.Err }

// GaveUp is true. It marks the error for packages that do not import this one.
func (e *GaveUpError) GaveUp() bool { return true }

// RefusedForNow reports whether the service refused the last attempt only for now; see
// IsRefusedForNow.
func (e *GaveUpError) RefusedForNow() bool { return IsRefusedForNow(e.Err) }

// InterruptedError means that a call was failing when a signal or a timeout ended the run.
type InterruptedError struct {
	Cause error // why the run ended
	Last  error // the last failure
}

func (e *InterruptedError) Error() string { return e.Cause.Error() + ": " + e.Last.Error() }

// Unwrap returns Cause and Last.
func (e *InterruptedError) Unwrap() []error { return []error{e.Cause, e.Last} }

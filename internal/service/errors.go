package service

import (
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// CallError is a call to the service that failed for good.
type CallError struct {
	Call     string // ListShards, GetRecords, ...
	Stream   string // as the caller named it
	Shard    string // that the call is about; empty for others
	Consumer string // that the call is about, as the caller named it; empty for others
	// First and Last are the numbers of the records in a request that was not accepted
	// as it is; 0 for others.
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

// StreamName is the stream as the caller named it.
func (e *CallError) StreamName() string { return e.Stream }

// Operation is the name of the API call.
func (e *CallError) Operation() string { return e.Call }

// Subject is the shard or stream that a failed call is about; empty for others.
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

// RefusedForNow reports whether the service answered the last attempt that the call
// passes later: there are too many calls, or the stream is being created.
func (e *GaveUpError) RefusedForNow() bool { return IsRefusedForNow(e.Err) }

// InterruptedError means that a call was failing when the run's time was over, or
// a signal came.
type InterruptedError struct {
	Cause error // why the run ended
	Last  error // the last failure
}

func (e *InterruptedError) Error() string { return e.Cause.Error() + ": " + e.Last.Error() }

// Unwrap is why the run ended, and of what it failed.
func (e *InterruptedError) Unwrap() []error { return []error{e.Cause, e.Last} }

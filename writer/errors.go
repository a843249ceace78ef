package writer

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	"github.com/dustin/go-humanize"

	"kin/internal/service"
)

// CallError is service.CallError.
type CallError = service.CallError

// GaveUpError is service.GaveUpError.
type GaveUpError = service.GaveUpError

// RejectedError means that records were given up: one that can never be
// accepted and was not sent, or some that were retried for as long as was
// allowed. The service's reason is text here: a run fails of its
// records, not of an answer.
type RejectedError struct {
	Records int64 // how many
	First   int64 // the number of the first of them in the input
	Reason  string

	Sent   bool          // false for a record that was not
	After  time.Duration // of retries
	Unsure int64         // how many of them may be in the stream all the same
}

func (e *RejectedError) Error() string {
	if !e.Sent && e.Records > 1 {
		return fmt.Sprintf("%s rejected, the first is record %s: %s", records(e.Records), humanize.Comma(e.First), e.Reason)
	}
	if !e.Sent {
		return fmt.Sprintf("record %s rejected: %s", humanize.Comma(e.First), e.Reason)
	}
	text := fmt.Sprintf("%s rejected after %s of retries, the first is record %s (%s)",
		records(e.Records), duration(e.After), humanize.Comma(e.First), e.Reason)
	if e.Unsure > 0 {
		text += fmt.Sprintf("; %s may be in the stream all the same", humanize.Comma(e.Unsure))
	}
	return text
}

// add takes in records that were given up later.
func (e *RejectedError) add(more *RejectedError) {
	all, unsure := e.Records+more.Records, e.Unsure+more.Unsure
	if more.First < e.First {
		*e = *more
	}
	e.Records, e.Unsure = all, unsure
}

// duration prints d without the zeros at its end: 5m, not 5m0s.
func duration(d time.Duration) string {
	s := d.Round(time.Second / 10).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// entryError is the service's error for one entry of a request.
type entryError struct{ code, message string }

func (e *entryError) Error() string {
	if e.message == "" || e.message == e.code {
		return e.code
	}
	return e.code + ": " + e.message
}

// ErrorCode, ErrorMessage and ErrorFault make it a smithy.APIError, so that
// whoever explains errors by code finds it.
func (e *entryError) ErrorCode() string             { return e.code }
func (e *entryError) ErrorMessage() string          { return e.message }
func (e *entryError) ErrorFault() smithy.ErrorFault { return smithy.FaultUnknown }

// records is n with its noun.
func records(n int64) string {
	if n == 1 {
		return "1 record"
	}
	return humanize.Comma(n) + " records"
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// The codes of records that failed without one of the service's.
const (
	codeRejected   = "Rejected"   // it can never be accepted, and was not sent
	codeNoAnswer   = "NoAnswer"   // what came back was no answer of the service
	codeNotWritten = "NotWritten" // the run ended first
)

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" {
		return api.ErrorCode()
	}
	return codeNoAnswer
}

func messageOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" {
		return api.ErrorMessage()
	}
	return service.Brief(err)
}

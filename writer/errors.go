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

// RejectedError means that records were rejected: either one that can never be accepted and
// was not sent, or some that were retried until RetryFor passed. Reason is text and no
// wrapped error: the run failed because of its records, not because of one answer.
type RejectedError struct {
	Records int64 // how many records
	First   int64 // the number of the first of them in the input
	Reason  string

	Sent   bool          // false if the records were never sent
	After  time.Duration // how long they were retried; 0 means not at all
	Unsure int64         // how many of them may have been written
}

func (e *RejectedError) Error() string {
	if !e.Sent && e.Records > 1 {
		return fmt.Sprintf("%s rejected, the first is record %s: %s", records(e.Records), humanize.Comma(e.First), e.Reason)
	}
	if !e.Sent {
		return fmt.Sprintf("record %s rejected: %s", humanize.Comma(e.First), e.Reason)
	}
	retries := "without retries"
	if e.After > 0 {
		retries = "after " + duration(e.After) + " of retries"
	}
	text := fmt.Sprintf("%s rejected %s, the first is record %s (%s)", records(e.Records), retries, humanize.Comma(e.First), e.Reason)
	if e.Unsure > 0 {
		text += fmt.Sprintf("; %s may have been written", humanize.Comma(e.Unsure))
	}
	return text
}

// add merges records that were rejected later.
func (e *RejectedError) add(more *RejectedError) {
	all, unsure := e.Records+more.Records, e.Unsure+more.Unsure
	if more.First < e.First {
		*e = *more
	}
	e.Records, e.Unsure = all, unsure
}

// duration formats d without zeros at the end: 5m, not 5m0s.
func duration(d time.Duration) string {
	precision := time.Second / 10
	if d < precision {
		precision = time.Millisecond
	}
	s := d.Round(precision).String()
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

// ErrorCode, ErrorMessage and ErrorFault implement smithy.APIError, so that error
// explanations find the code.
func (e *entryError) ErrorCode() string             { return e.code }
func (e *entryError) ErrorMessage() string          { return e.message }
func (e *entryError) ErrorFault() smithy.ErrorFault { return smithy.FaultUnknown }

// records formats a number of records.
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

// Error codes of kin's own, for records without an error code of the service.
const (
	codeRejected   = "Rejected"   // the record can never be accepted and was not sent
	codeNoAnswer   = "NoAnswer"   // there was no valid answer of the service
	codeNotWritten = "NotWritten" // the run ended before the record was written
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

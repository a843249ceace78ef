package efo

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"kin/internal/service"
	"kin/internal/validate"
)

// NotFoundError means that the consumer or the stream does not exist. The service answers both in
// the same way; Registry.List distinguishes them.
type NotFoundError struct {
	Stream, Consumer string
	Commands         Commands
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("consumer %q not found in stream %q", e.Consumer, e.Stream)
}

// NotFound returns true. It marks the error for callers that do not import this package.
func (e *NotFoundError) NotFound() bool { return true }

// Hint returns the next step for the user.
func (e *NotFoundError) Hint() string {
	return "list the consumers with: " + e.Commands.Command("list", "")
}

// TimeoutError means that a consumer did not reach the expected state in time.
type TimeoutError struct {
	Doing            string // register, deregister
	Stream, Consumer string
	State            string // CREATING, ACTIVE, DELETING or "not registered"; empty if no answer arrived
	After            time.Duration
	Err              error // the error of the last attempt; nil if none failed
	Commands         Commands

	unconfirmed bool // RegisterStreamConsumer may have registered it, but no later check found it
}

func (e *TimeoutError) Error() string {
	text := fmt.Sprintf("%s consumer %s of stream %s: gave up after %s", e.Doing, e.Consumer, e.Stream, e.After.Round(time.Second/10))
	if e.State != "" {
		text += ": it is " + e.State
	}
	var call *service.CallError
	switch {
	case e.Err == nil:
		return text
	case errors.As(e.Err, &call) && !hasCode(e.Err): // the error code of the service is enough
		return text + ": " + call.Call + ": " + service.Brief(call.Err)
	}
	return text + ": " + service.Brief(e.Err)
}

func (e *TimeoutError) Unwrap() error { return e.Err }

// GaveUp returns true. It marks the error for callers that do not import this package.
func (e *TimeoutError) GaveUp() bool { return true }

// Hint returns the next step for the user. It is empty if the endpoint did not answer like Kinesis:
// a longer wait would not help.
func (e *TimeoutError) Hint() string {
	var wrong *validate.Error
	switch {
	case errors.As(e.Err, &wrong):
		return "the endpoint's answer is wrong: check --endpoint (AWS_ENDPOINT_URL_KINESIS)"
	case e.State == "", e.State == notRegistered && e.Err != nil && !hasCode(e.Err):
		return ""
	}
	if e.State == notRegistered && e.unconfirmed {
		return "use --register-consumer-timeout to wait longer"
	}
	if e.State == notRegistered {
		return "nothing was registered; use --register-consumer-timeout to wait longer"
	}
	if e.Doing == "register" && isEphemeral(e.Consumer) { // the run removes it itself
		return "use --register-consumer-timeout to wait longer"
	}
	return "check it with: " + e.Commands.Command("describe", e.Consumer)
}

// LimitError means that the stream has the maximum number of consumers.
type LimitError struct {
	Stream, Consumer string
	Registered       []Consumer // sorted by name
	Commands         Commands
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("register consumer %s of stream %s: the stream has %d consumers and allows no more",
		e.Consumer, e.Stream, len(e.Registered))
}

// Hint lists the consumers and shows how to remove one.
func (e *LimitError) Hint() string {
	wide := 0
	for _, c := range e.Registered {
		wide = max(wide, len(c.Name))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "remove one of these with: %s", e.Commands.Command("deregister", "NAME"))
	for _, c := range e.Registered {
		fmt.Fprintf(&b, "\n  %-*s  %s since %s", wide, c.Name, c.Status, c.Created.UTC().Format(time.RFC3339))
	}
	return b.String()
}

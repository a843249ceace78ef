package efo

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// NoConsumersError means that an endpoint does not have the calls of enhanced fan-out. Some
// implementations of Kinesis lack them.
type NoConsumersError struct {
	Call string // RegisterStreamConsumer, SubscribeToShard, ...
	// Answer is the endpoint's answer, in words.
	Answer string
	// Reading: the error ended a run that could read without a consumer.
	Reading bool

	err error // of the call
}

func (e *NoConsumersError) Error() string {
	const text = "this endpoint does not support stream consumers"
	if e.Reading {
		return text + ": read without --efo"
	}
	return text
}

// Hint returns the call and the answer that showed it.
func (e *NoConsumersError) Hint() string {
	hint := "it answered " + e.Call + " with " + e.Answer
	if e.Reading {
		return hint + "; kin read STREAM reads with GetRecords"
	}
	return hint + "; check --endpoint (AWS_ENDPOINT_URL_KINESIS)"
}

// isUnknownCall reports whether the endpoint answered that it does not know the call.
func isUnknownCall(err error) bool {
	return service.ClassOf(err) == service.Unsupported || service.Status(err) == http.StatusNotImplemented
}

// isForeignAnswer reports whether an answer comes from a server without this call: 404 or 405
// without a Kinesis error code, or an HTML page.
//
// Use it only before the endpoint has answered the call for the first time. Later, a proxy may
// answer like this for a while. A proxy's or load balancer's own statuses never count: 401, 403 and
// 407 refuse the caller, and 408, 429, 502, 503 and 504 are temporary.
func isForeignAnswer(err error) bool {
	if hasCode(err) {
		return false
	}
	switch service.Status(err) {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	case http.StatusOK, http.StatusBadRequest, http.StatusInternalServerError:
		return service.IsHTML(err)
	}
	return false
}

// hasCode reports whether the service itself answered with an error.
func hasCode(err error) bool { return service.Code(err) != "" }

// noConsumers returns the error for a call that the endpoint does not have.
func noConsumers(call string, err error) *NoConsumersError {
	var api smithy.APIError
	answer := fmt.Sprintf("HTTP status %d", service.Status(err))
	switch {
	case !hasCode(err) && service.IsHTML(err):
		answer = "a page of HTML"
	case errors.As(err, &api) && hasCode(err):
		answer = api.ErrorCode()
		if text := api.ErrorMessage(); text != "" && text != answer && text != "UnknownError" {
			answer += ": " + text
		}
	}
	return &NoConsumersError{Call: call, Answer: answer, err: err}
}

package efo

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// NoConsumersError means that an endpoint does not know the calls of enhanced
// fan-out, as some implementations of the service do not.
type NoConsumersError struct {
	Call string // RegisterStreamConsumer, SubscribeToShard, ...
	// Answer is what the endpoint answered, in words.
	Answer string
	// Reading says that a run met it that could read without a consumer.
	Reading bool

	err error // of the call
}

func (e *NoConsumersError) Error() string {
	const text = "this endpoint has no stream consumers"
	if e.Reading {
		return text + ": read without --efo"
	}
	return text
}

// Hint says how that was found out.
func (e *NoConsumersError) Hint() string {
	hint := "it answered " + e.Call + " with " + e.Answer
	if e.Reading {
		return hint + "; kin read STREAM reads with GetRecords"
	}
	return hint + "; check --endpoint (AWS_ENDPOINT_URL_KINESIS)"
}

// isUnknownCall says whether an endpoint answered that it does not know the call.
func isUnknownCall(err error) bool {
	return service.ClassOf(err) == service.Unsupported || service.Status(err) == http.StatusNotImplemented
}

// isNoAnswerOfKinesis says whether an answer comes from something that does not
// have the call at all: 404 or 405 without an error code of Kinesis, or a page of
// HTML. It is to be asked only before the endpoint has ever answered the call: in
// between, a proxy may say so for a while. What a proxy or a load balancer says of
// its own is never one: 401, 403 and 407 refuse the caller, 408, 429, 502, 503 and
// 504 pass.
func isNoAnswerOfKinesis(err error) bool {
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

// hasCode says whether the service itself answered with an error.
func hasCode(err error) bool { return service.Code(err) != "" }

// noConsumers is the error of a call that the endpoint does not have.
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

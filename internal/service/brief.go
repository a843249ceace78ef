package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Brief returns the error of a call without the SDK's prefixes. It is the service's code and
// message, or the network's error. It is empty for nil.
func Brief(err error) string {
	var (
		api       smithy.APIError
		answer    *smithyhttp.ResponseError
		malformed *smithy.DeserializationError
		sent      *url.Error
		op        *net.OpError
	)
	var described interface{ Brief() string }
	switch {
	case err == nil:
		return ""
	case errors.As(err, &described):
		return described.Brief()
	case errors.As(err, &malformed):
		if errors.As(err, &answer) {
			return notKinesis(answer)
		}
		return "the answer did not come from Kinesis"
	case errors.As(err, &api) && api.ErrorMessage() != "" && api.ErrorMessage() != api.ErrorCode():
		return api.ErrorCode() + ": " + api.ErrorMessage()
	case errors.As(err, &api) && api.ErrorCode() != codeNone:
		return api.ErrorCode()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &op):
		return op.Error()
	case errors.As(err, &sent):
		return sent.Err.Error()
	case errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusBadRequest:
		return notKinesis(answer)
	case errors.As(err, &answer) && answer.HTTPStatusCode() != 0:
		return fmt.Sprintf("HTTP status %d", answer.HTTPStatusCode())
	}
	// The innermost error is what happened; the outer ones are where it happened.
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// notKinesis describes an answer that the SDK could not decode, or that has an error status
// but no error code.
func notKinesis(answer *smithyhttp.ResponseError) string {
	if status := answer.HTTPStatusCode(); status != 0 {
		return fmt.Sprintf("the answer did not come from Kinesis (HTTP status %d)", status)
	}
	return "the answer did not come from Kinesis"
}

// Package apierror puts what went wrong in a call to the service into words. It
// decides nothing: which error is retried is for those who make the call.
package apierror

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

// Brief says what went wrong in a call, without the SDK's chain of prefixes:
// the service's code and message, or what happened on the way. It is empty for
// nil.
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
	case errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusBadRequest:
		return notKinesis(answer)
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

// notKinesis describes an answer that the SDK could not read, or that has an error status
// without an error code.
func notKinesis(answer *smithyhttp.ResponseError) string {
	if status := answer.HTTPStatusCode(); status != 0 {
		return fmt.Sprintf("the answer is not one of Kinesis (HTTP status %d)", status)
	}
	return "the answer is not one of Kinesis"
}

// IsPermanent reports whether an error says that the same call will fail again: there
// are no credentials, or a proxy refuses the connection.
func IsPermanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

// IsUnsent reports whether an error says that the request never reached the service.
func IsUnsent(err error) bool {
	var u interface{ Unsent() bool }
	return errors.As(err, &u) && u.Unsent()
}

// IsIdentityCode reports whether an error code refuses who signed a call, or when: the same
// call with the same credentials will not pass.
func IsIdentityCode(code string) bool {
	switch code {
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
		"IncompleteSignatureException", "IncompleteSignature", "MissingAuthenticationTokenException", "MissingAuthenticationToken",
		"ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired", "RequestExpired",
		"RequestTimeTooSkewed", "RequestInTheFuture", "AuthFailure":
		return true
	}
	return false
}

// IsDenied says whether a call is not allowed to this caller.
func IsDenied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "AccessDeniedException"
}

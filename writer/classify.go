package writer

import (
	"errors"
	"net"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"kin/internal/apierror"
)

// verdict is what to do about a call, or an entry of one, that failed.
type verdict int

const (
	again       verdict = iota // nothing was written: send it once more
	unsure                     // it may have been written: send it once more
	fatal                      // it will fail again: end the run
	refused                    // the request was not accepted as it is: perhaps too large
	notFound                   // no such stream
	denied                     // this caller may not make the call
	unknownCode                // refused for a reason that this package does not know
)

// classify decides, by error code, what a failed call means. Errors without a
// code come from the way to the service and back, and pass.
func classify(err error) verdict {
	switch {
	case apierror.IsPermanent(err):
		return fatal // no credentials, or a proxy that refuses
	case apierror.IsUnsent(err):
		return again
	}
	var response *smithyhttp.ResponseError
	status := 0
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	if status == http.StatusRequestEntityTooLarge {
		return refused // by a proxy
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		v, known := byCode(api.ErrorCode())
		if !known && status >= 500 {
			return unsure // theirs, and passing; what became of the records is not known
		}
		return v
	}
	var params smithy.InvalidParamsError
	var serialization *smithy.SerializationError
	if errors.As(err, &params) || errors.As(err, &serialization) {
		return fatal // our own arguments never left this process
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return again // nothing was sent
	}
	return unsure // cut off, timed out, or not an answer of Kinesis
}

// byCode is the verdict on an error code of a request or of one entry. It
// reports whether the code is known.
func byCode(code string) (verdict, bool) {
	if apierror.IsIdentityCode(code) {
		return fatal, true
	}
	switch code {
	case "ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException",
		"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException":
		return again, true // too much of all writers together
	case "ResourceInUseException":
		return again, true // the stream is being created
	case "ExpiredNextTokenException":
		return again, true // it lives 300 s: the list begins again
	case "InternalFailure", "InternalFailureException", "InternalServerError", "InternalServiceError",
		"ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException":
		return unsure, true // theirs, and passing
	case "UnknownError":
		return unsure, true // an error status with a body that is not one of Kinesis: a proxy's page
	case "InvalidArgumentException", "ValidationException", "SerializationException", "RequestEntityTooLarge":
		return refused, true
	case "ResourceNotFoundException":
		return notFound, true
	case "AccessDeniedException":
		return denied, true
	case "KMSAccessDeniedException", "KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException",
		"KMSOptInRequired", "OptInRequired":
		return fatal, true // the key does not change by waiting
	}
	return unknownCode, false
}

package reader

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"kin/internal/apierror"
)

// verdict is what to do about a call that failed.
type verdict int

const (
	fatal     verdict = iota // it will fail again: end the run
	again                    // retry with the same arguments
	throttled                // the shard's read limit: the documented 5 s
	expired                  // the iterator is too old: make a new one
	refused                  // the iterator or the position was not accepted
	gone                     // the shard or the stream is not there
)

// classify decides, by error code, what a failed call means. Errors without a
// code come from the way to the service and back, and pass.
func classify(err error) verdict {
	if apierror.IsPermanent(err) {
		return fatal // no credentials, or a proxy that refuses
	}
	var api smithy.APIError
	if apierror.IsUnsent(err) {
		return again // the source of the credentials, or the proxy, may be back later
	}
	if !errors.As(err, &api) {
		var lineage *LineageError
		if errors.As(err, &lineage) {
			return fatal // the parents of a shard never change
		}
		var params smithy.InvalidParamsError
		var serialization *smithy.SerializationError
		if errors.As(err, &params) || errors.As(err, &serialization) {
			return fatal // our own arguments never left this process
		}
		return again
	}
	switch code := api.ErrorCode(); {
	case code == codeThroughput:
		return throttled
	case isThrottling(code):
		return again // too many calls of all readers together
	}
	switch api.ErrorCode() {
	case "ExpiredIteratorException":
		return expired
	case "InvalidArgumentException":
		return refused
	case "ResourceNotFoundException":
		return gone
	case "InternalFailure", "InternalFailureException", "InternalServerError", "InternalServiceError",
		"ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException":
		return again // theirs, and passing
	case "ExpiredNextTokenException":
		return again // the list begins again
	case "ResourceInUseException":
		return again // the stream is being created
	case "UnknownError":
		return again // an answer with an error status that is not one of Kinesis: a proxy's page
	}
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= 500 {
		return again
	}
	return fatal // access, keys, validation: the same call will not pass later
}

const codeThroughput = "ProvisionedThroughputExceededException"

// isThrottling reports whether an error code of the service asks for fewer calls.
func isThrottling(code string) bool {
	switch code {
	case codeThroughput, "LimitExceededException", "KMSThrottlingException", "ThrottlingException", "Throttling",
		"RequestLimitExceeded", "TooManyRequestsException":
		return true
	}
	return false
}

// isRefusedForNow reports whether the service answered that the call passes later:
// there are too many calls, or the stream is being created.
func isRefusedForNow(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && (isThrottling(api.ErrorCode()) || api.ErrorCode() == "ResourceInUseException")
}

// Waits between attempts.
const (
	callTimeout   = 30 * time.Second // one attempt, as the KCL has it: bodies that never end are real
	startTimeout  = 30 * time.Second // all attempts of a call at the start
	mostBackoff   = 5 * time.Second
	throttleSleep = 5 * time.Second // as the connector documents
	troubleAfter  = 5 * time.Second // a call that fails for longer is spoken of
	troubleEvery  = time.Minute
)

// backoff waits longer, jittered, with each attempt in a row that failed.
type backoff struct {
	attempts int
	jitter   *retry.ExponentialJitterBackoff
}

func newBackoff() backoff { return backoff{jitter: retry.NewExponentialJitterBackoff(mostBackoff)} }

// next returns the wait before the next attempt, at least floor.
func (b *backoff) next(floor time.Duration) time.Duration {
	wait, err := b.jitter.BackoffDelay(b.attempts, nil)
	if err != nil { // the system's source of randomness failed
		wait = mostBackoff
	}
	b.attempts++
	return max(floor, wait)
}

func (b *backoff) reset() { b.attempts = 0 }

package local

import (
	"fmt"
	"net/http"
	"time"
)

// apiError is an error of the service. The client receives it as __type and message.
type apiError struct {
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// status returns the HTTP status that the service sends. It depends only on the code.
func (e *apiError) status() int {
	switch e.code {
	case "InternalFailure", "InternalFailureException":
		return http.StatusInternalServerError
	case "ServiceUnavailable", "ServiceUnavailableException":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

func fail(code, format string, values ...any) error {
	return &apiError{code, fmt.Sprintf(format, values...)}
}

func invalidArgument(format string, values ...any) error {
	return fail("InvalidArgumentException", format, values...)
}

func invalid(format string, values ...any) error {
	return fail("ValidationException", format, values...)
}

func notFound(format string, values ...any) error {
	return fail("ResourceNotFoundException", format, values...)
}

func inUse(format string, values ...any) error {
	return fail("ResourceInUseException", format, values...)
}

func limitExceeded(format string, values ...any) error {
	return fail("LimitExceededException", format, values...)
}

func streamNotFound(name string) error {
	return notFound("Stream %s under account %s not found.", name, Account)
}

func shardNotFound(shard, stream string) error {
	return notFound("Shard %s in stream %s under account %s does not exist", shard, stream, Account)
}

func shardUnknown(shard, stream string) error {
	return notFound("Could not find shard %s in stream %s under account %s.", shard, stream, Account)
}

// rateExceeded returns the message for a throttled shard. It is the message of an error or the
// ErrorMessage of a PutRecords entry.
func rateExceeded(shard, stream string) string {
	return fmt.Sprintf("Rate exceeded for shard %s in stream %s under account %s.", shard, stream, Account)
}

func throttled(shard, stream string) error {
	return fail("ProvisionedThroughputExceededException", "%s", rateExceeded(shard, stream))
}

// expiredIterator returns the service's error for an iterator that was created at made. Both
// times are in milliseconds.
func expiredIterator(made, now int64) error {
	const layout = "Mon Jan 02 15:04:05 UTC 2006"
	return fail("ExpiredIteratorException",
		"Iterator expired. The iterator was created at time %s while right now it is %s which is further in the "+
			"future than the tolerated delay of %d milliseconds.",
		time.UnixMilli(made).UTC().Format(layout), time.UnixMilli(now).UTC().Format(layout), iteratorLife.Milliseconds())
}

func expiredToken(made, now int64) error {
	return fail("ExpiredNextTokenException",
		"The NextToken was created at time %s, %d seconds ago. Tokens expire after %d seconds.",
		time.UnixMilli(made).UTC().Format(time.RFC3339), (now-made)/1000, int(tokenLife.Seconds()))
}

func dryRun() error {
	return fail("DryRunOperationException", "Request would have succeeded, but DryRun parameter is set.")
}

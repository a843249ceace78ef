package awsclient

import (
	"context"
	"errors"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// RefusedError means that the service refused a call because of who signed it,
// or when. The call was retried once where that could help: with the service's
// clock, or with credentials that were loaded again.
type RefusedError struct {
	Err error // the service's
	// Ahead is how far the service's clock is ahead of this machine's. It is
	// negative when the service's clock is behind, and zero when the answer had no
	// Date.
	Ahead  time.Duration
	Source Source // of the credentials
	// Reload is why the credentials could not be loaded again; nil when they were, or
	// when that would not help.
	Reload error

	again bool // the call is to be made once more
}

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// IsClock reports whether this machine's clock may be the reason: it is about as far
// off as the service accepts, which is five minutes, or further.
func (e *RefusedError) IsClock() bool {
	return max(e.Ahead, -e.Ahead) > skewThreshold && refusalOf(e.Err)&(badClock|perhapsClock) != 0
}

// skewThreshold is what the SDK takes for a wrong clock (aws/retry/middleware.go).
const skewThreshold = 4 * time.Minute

// refusal is what the error code of a refused call may mean.
type refusal int

const (
	otherRefusal   refusal = 0
	badClock       refusal = 1 << iota // nothing else
	perhapsClock                       // if the clocks differ
	expiredToken                       // if the clocks agree
	perhapsRotated                     // if there are other credentials by now
)

// refusalOf is what an error code of Kinesis or STS may mean. Services use
// InvalidSignatureException for wrong clocks and for wrong keys alike.
func refusalOf(err error) refusal {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return otherRefusal
	}
	switch api.ErrorCode() {
	case "RequestTimeTooSkewed", "RequestInTheFuture":
		return badClock
	case "RequestExpired":
		return perhapsClock | expiredToken
	case "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
		"IncompleteSignatureException", "IncompleteSignature", "AccessDeniedException":
		return perhapsClock
	case "ExpiredTokenException", "ExpiredToken", "TokenRefreshRequired":
		return expiredToken
	case "UnrecognizedClientException", "InvalidClientTokenId":
		return perhapsRotated
	}
	return otherRefusal
}

func isExpired(err error) bool { return refusalOf(err)&expiredToken != 0 }

// addRetries makes the calls of a client recover from a wrong clock and from
// credentials that have expired. credentials may be nil: then only the clock is
// corrected. The options must have a retryer of this file.
func addRetries(credentials *renewable) func(*middlewareStack) error {
	return func(stack *middlewareStack) error {
		if err := stack.Initialize.Add(startCall{}, middleware.Before); err != nil {
			return err
		}
		return stack.Finalize.Insert(checkRefusal{credentials}, "Retry", middleware.After)
	}
}

// callState is what one call has already retried, over all its attempts.
type callState struct{ clock, credentials bool }

type callStateKey struct{}

// startCall begins the state of a call.
type startCall struct{}

func (startCall) ID() string { return "KinStartCall" }

func (startCall) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	return next.HandleInitialize(middleware.WithStackValue(ctx, callStateKey{}, &callState{}), in)
}

// checkRefusal looks at the outcome of one attempt. It runs inside the SDK's retry
// loop and around the retrieval of credentials.
type checkRefusal struct{ credentials *renewable }

func (checkRefusal) ID() string { return "KinCheckRefusal" }

func (c checkRefusal) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	var before loaded
	if c.credentials != nil {
		before = c.credentials.current()
	}
	out, metadata, err := next.HandleFinalize(ctx, in)
	reason := refusalOf(err)
	var found *CredentialsError
	var role *RoleError
	if reason == otherRefusal || errors.As(err, &found) || errors.As(err, &role) {
		return out, metadata, err // a source of credentials does its own retry
	}
	state, _ := middleware.GetStackValue(ctx, callStateKey{}).(*callState)
	if state == nil {
		return out, metadata, err
	}
	refused := &RefusedError{Err: err, Source: before.source}
	date, dated := awsmiddleware.GetServerTime(metadata)
	if dated {
		refused.Ahead = time.Until(date)
	}
	signed, isSigned := signingTime(in.Request)
	skewed := dated && isSigned && max(date.Sub(signed), signed.Sub(date)) > skewThreshold
	switch {
	case !state.clock && (reason&badClock != 0 || skewed && reason&perhapsClock != 0):
		state.clock, refused.again = true, true // the SDK signs the next attempt by the Date of this answer
	case state.credentials || c.credentials == nil:
	case reason&(expiredToken|perhapsRotated) != 0:
		state.credentials = true
		if reloadErr := c.credentials.renew(ctx, before.number); isConfigError(reloadErr) {
			refused.Reload = reloadErr // the refusal is what ends the run
			return out, metadata, refused
		} else if reloadErr != nil {
			return out, metadata, reloadErr
		}
		refused.again = reason&expiredToken != 0 || c.credentials.isNew(ctx, in.Request)
	}
	return out, metadata, refused
}

// signingTime is the time in the signature of a request.
func signingTime(request any) (time.Time, bool) {
	r, ok := request.(*smithyhttp.Request)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	return t, err == nil
}

// retriesRefusals is the retryer of clients whose callers have their own loops: it
// retries what checkRefusal marks, at once, and nothing else. The limit is out of
// reach: a call is marked at most twice.
type retriesRefusals struct{}

func (retriesRefusals) IsErrorRetryable(err error) bool { return isMarked(err) }
func (retriesRefusals) MaxAttempts() int                { return 4 }
func (retriesRefusals) RetryDelay(int, error) (time.Duration, error) {
	return 0, nil
}

func (retriesRefusals) GetRetryToken(context.Context, error) (func(error) error, error) {
	return nothingToRelease, nil
}
func (retriesRefusals) GetInitialToken() func(error) error { return nothingToRelease }
func (retriesRefusals) GetAttemptToken(context.Context) (func(error) error, error) {
	return nothingToRelease, nil
}

func nothingToRelease(error) error { return nil }

func isMarked(err error) bool {
	var refused *RefusedError
	return errors.As(err, &refused) && refused.again
}

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

// RefusedError means that the service refused a call because of its credentials or its
// signing time. If it could help, the call was retried once, with the service's clock or with
// reloaded credentials.
type RefusedError struct {
	Err error // the service's error
	// Ahead is how far the service's clock is ahead of this machine's. It is negative if the
	// service's clock is behind, and zero if the answer had no Date.
	Ahead  time.Duration
	Source Source // of the credentials
	// Reload is the error of reloading the credentials. It is nil if they were reloaded or
	// if a reload could not help.
	Reload error

	retry bool // the SDK's loop makes the call again
}

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// IsClock reports whether this machine's clock may be the cause. The service accepts a
// difference of five minutes; IsClock is true above four minutes.
func (e *RefusedError) IsClock() bool {
	return max(e.Ahead, -e.Ahead) > skewThreshold && refusalOf(e.Err)&(badClock|perhapsClock) != 0
}

// skewThreshold is the difference from which the SDK considers a clock wrong
// (aws/retry/middleware.go).
const skewThreshold = 4 * time.Minute

// refusal is the set of possible causes of a refused call.
type refusal int

const (
	otherRefusal   refusal = 0
	badClock       refusal = 1 << iota // certainly the clock
	perhapsClock                       // the clock, if the clocks differ
	expiredToken                       // expired credentials, if the clocks agree
	perhapsRotated                     // rotated keys, if a reload gives other credentials
)

// refusalOf returns the possible causes of an error code of Kinesis or STS. The services use
// InvalidSignatureException both for wrong clocks and for wrong keys.
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

// addRetries makes a client retry calls that were refused for a wrong clock or expired
// credentials. If credentials is nil, it corrects only the clock. The client's retryer must
// be retriesRefusals.
func addRetries(credentials *renewable) func(*middlewareStack) error {
	return func(stack *middlewareStack) error {
		if err := stack.Initialize.Add(startCall{}, middleware.Before); err != nil {
			return err
		}
		return stack.Finalize.Insert(checkRefusal{credentials}, "Retry", middleware.After)
	}
}

// callState records what one call has retried already, over all its attempts: the clock, the
// credentials.
type callState struct{ clock, credentials bool }

type callStateKey struct{}

// startCall adds a callState to the context of a call.
type startCall struct{}

func (startCall) ID() string { return "KinStartCall" }

func (startCall) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	return next.HandleInitialize(middleware.WithStackValue(ctx, callStateKey{}, &callState{}), in)
}

// checkRefusal turns a refused attempt into a *RefusedError and decides whether the call is
// retried. It runs inside the SDK's retry loop and around the retrieval of credentials.
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
		return out, metadata, err // the source of the credentials has its own retries
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
		state.clock, refused.retry = true, true // the SDK signs the next attempt with this answer's Date
	case state.credentials || c.credentials == nil:
	case reason&(expiredToken|perhapsRotated) != 0:
		state.credentials = true
		if reloadErr := c.credentials.renew(ctx, before.number); isConfigError(reloadErr) {
			refused.Reload = reloadErr // the refusal, not the reload, is the error of the call
			return out, metadata, refused
		} else if reloadErr != nil {
			return out, metadata, reloadErr
		}
		refused.retry = reason&expiredToken != 0 || c.credentials.isNew(ctx, in.Request)
	}
	return out, metadata, refused
}

// signingTime returns the time at which a request was signed, from its X-Amz-Date.
func signingTime(request any) (time.Time, bool) {
	r, ok := request.(*smithyhttp.Request)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	return t, err == nil
}

// retriesRefusals is the retryer for clients whose callers have their own retry loops. It
// retries only the attempts that checkRefusal marks, without a wait. checkRefusal marks a
// call at most twice, so the limit of 4 attempts is never reached.
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
	return errors.As(err, &refused) && refused.retry
}

package awsclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

const (
	// sourceTimeout limits the time for the first credentials of a run, with all retries.
	sourceTimeout = 30 * time.Second
	// slowAfter is the time after which kin reports a source that has not answered.
	slowAfter = 5 * time.Second
	// maxSourceBackoff is the longest wait between two attempts.
	maxSourceBackoff = 5 * time.Second
)

// SourceTimeoutError means that a source gave no credentials within kin's limit of 30 s.
type SourceTimeoutError struct {
	After time.Duration // from the first attempt
	Err   error         // *CredentialsError or *RoleError
}

func (e *SourceTimeoutError) Error() string {
	return fmt.Sprintf("gave up after %s: %s", e.After.Round(time.Second/10), briefly(e.Err))
}

func (e *SourceTimeoutError) Unwrap() error { return e.Err }

// GaveUp is true. It marks the error for packages that do not import this one.
func (e *SourceTimeoutError) GaveUp() bool { return true }

func briefly(err error) string {
	var known interface{ Brief() string }
	if errors.As(err, &known) {
		return known.Brief()
	}
	return printable(err.Error())
}

// noAnswerError means that a source had not answered when the time for it was over.
type noAnswerError struct{ text string }

func (e noAnswerError) Error() string   { return e.text }
func (e noAnswerError) Brief() string   { return e.text }
func (e noAnswerError) Permanent() bool { return false }

// firstCredentials retrieves the first credentials of a run and retries transient failures.
// After sourceTimeout it returns a *SourceTimeoutError. If ctx is cancelled first, it returns
// the cause of ctx. If the deadline of ctx passes first, it returns a *CredentialsError or
// *RoleError that names the source. Other errors are the provider's. report receives one
// message if the source is slow.
func firstCredentials(ctx context.Context, provider aws.CredentialsProvider, source Source, role Role, report func(string)) error {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, sourceTimeout)
	defer cancel()
	var last error // of the previous attempt
	slow := time.NewTimer(slowAfter)
	defer slow.Stop()
	// wait returns the outcome, or the error of limited if that ends first. While it waits, it
	// reports a slow source.
	wait := func(outcome <-chan error) error {
		for {
			select {
			case err := <-outcome:
				return err
			case <-slow.C:
				report("still waiting for the credentials of " + source.text(role) + because(last))
			case <-limited.Done():
				return limited.Err()
			}
		}
	}
	for jitter, attempt := retry.NewExponentialJitterBackoff(maxSourceBackoff), 0; ; attempt++ {
		err := wait(retrieving(limited, provider))
		switch {
		case err == nil:
			return nil
		case limited.Err() != nil, isProcessTimeout(err):
		case !isRetried(err, source, attempt):
			return err
		default:
			last = err
			pause, jitterErr := jitter.BackoffDelay(attempt, nil)
			if jitterErr != nil { // the system's source of randomness failed
				pause = maxSourceBackoff
			}
			if wait(after(pause)) == nil {
				continue
			}
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return context.Cause(ctx)
		}
		if last == nil {
			last = timeoutError(source, role)
		}
		if ctx.Err() != nil {
			return last
		}
		return &SourceTimeoutError{After: time.Since(began), Err: last}
	}
}

// retrieving retrieves credentials in a goroutine and sends the error. The caller need not
// wait for a provider that ignores its context.
func retrieving(ctx context.Context, provider aws.CredentialsProvider) <-chan error {
	outcome := make(chan error, 1)
	go func() {
		_, err := provider.Retrieve(ctx)
		outcome <- err
	}()
	return outcome
}

// after sends nil after d.
func after(d time.Duration) <-chan error {
	expired := make(chan error, 1)
	time.AfterFunc(d, func() { expired <- nil })
	return expired
}

// isProcessTimeout reports whether kin stopped a credential process that did not end in time.
func isProcessTimeout(err error) bool {
	var process *ProcessError
	return errors.As(err, &process) && process.Unended
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + briefly(err)
}

// instanceAttempts is the number of attempts at an instance profile that no configuration
// names. On a machine without one, nothing ever answers.
const instanceAttempts = 3

// isRetried reports whether a failed attempt is retried. Attempts are counted from 0.
func isRetried(err error, source Source, attempt int) bool {
	var (
		role  *RoleError
		found *CredentialsError
		proxy *ProxyError
	)
	switch {
	case isAnswerError(err):
		return false // the answer arrived completely; the next one will have the same fault
	case errors.As(err, &proxy):
		return !proxy.Permanent()
	case IsCertificateError(err):
		return false
	case errors.As(err, &role):
		return !role.Permanent()
	case errors.As(err, &found):
		named := source.Kind != NoSource || source.Temporary || source.Role != ""
		return !found.Permanent() && (named || attempt < instanceAttempts-1)
	}
	return false
}

// timeoutError returns the error for a source that never answered.
func timeoutError(source Source, role Role) error {
	base := &CredentialsError{source.noAnswer(), source}
	switch {
	case source.Kind == Process, source.Kind == Container, role.ARN == "":
		return base
	}
	return &RoleError{role.ARN, noAnswerError{"no answer"}, source}
}

// noAnswer returns the cause for a source that never answered.
func (s Source) noAnswer() error {
	text := "the instance profile did not answer"
	switch s.Kind {
	case Process:
		return &ProcessError{Unended: true}
	case Container:
		text = "the container's credentials endpoint did not answer"
	case SSO:
		text = "IAM Identity Center did not answer"
	case LoginSession:
		text = "the sign-in service did not answer"
	case WebIdentity:
		text = "AssumeRoleWithWebIdentity: no answer"
	case NoSource, GivenKeys, EnvironmentKeys, ProfileKeys:
		if s.Role != "" {
			text = "AssumeRole of " + s.Role + ": no answer"
		}
	}
	return noAnswerError{text}
}

// text names a source and the kind of its credentials, for messages.
func (s Source) text(role Role) string {
	how := ""
	switch s.Kind {
	case Process:
		how = "credential_process"
	case Container:
		return "the container"
	case SSO:
		how = "IAM Identity Center"
	case LoginSession:
		how = "aws login"
	case WebIdentity:
		how = "AssumeRoleWithWebIdentity"
	case NoSource, GivenKeys, EnvironmentKeys, ProfileKeys:
		switch {
		case role.ARN != "":
			return "role " + role.ARN + " (AssumeRole)"
		case s.Role != "":
			how = "AssumeRole"
		default:
			return "the instance profile"
		}
	}
	if s.Profile == "" {
		return "the default profile (" + how + ")"
	}
	return "profile " + s.Profile + " (" + how + ")"
}

// IsForeignAnswer reports whether an answer did not come from the service that was called.
func IsForeignAnswer(err error) bool {
	var malformed *smithy.DeserializationError
	var api smithy.APIError
	return errors.As(err, &malformed) || errors.As(err, &api) && api.ErrorCode() == "UnknownError"
}

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
	// sourceTimeout is how long a source of credentials may take at the start of a run,
	// with all retries.
	sourceTimeout = 30 * time.Second
	// slowAfter is when a source that has not answered yet is reported.
	slowAfter = 5 * time.Second
	// mostSourceBackoff is the longest wait between two attempts.
	mostSourceBackoff = 5 * time.Second
)

// SourceTimeoutError means that a source gave no credentials within kin's own limit.
type SourceTimeoutError struct {
	After time.Duration
	Err   error // *CredentialsError or *RoleError
}

func (e *SourceTimeoutError) Error() string {
	return fmt.Sprintf("gave up after %s: %s", e.After.Round(time.Second/10), briefly(e.Err))
}

func (e *SourceTimeoutError) Unwrap() error { return e.Err }

// GaveUp is true; it marks the error for those who do not import the type.
func (e *SourceTimeoutError) GaveUp() bool { return true }

func briefly(err error) string {
	var known interface{ Brief() string }
	if errors.As(err, &known) {
		return known.Brief()
	}
	return printable(err.Error())
}

// unanswered means that a source was still waited for when --timeout expired.
type unanswered struct{ text string }

func (e unanswered) Error() string   { return e.text }
func (e unanswered) Brief() string   { return e.text }
func (e unanswered) Permanent() bool { return false }

// firstCredentials retrieves the credentials that a run begins with. Failures that may pass
// are retried for sourceTimeout; then the error is a *SourceTimeoutError. When ctx ends
// first, the error is its cause, or, when it ends at a deadline, a *CredentialsError or
// *RoleError that names the source. Other errors are those of the provider.
func firstCredentials(ctx context.Context, provider aws.CredentialsProvider, source Source, role Role, report func(string)) error {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, sourceTimeout)
	defer cancel()
	var last error // of the attempt before
	slow := time.NewTimer(slowAfter)
	defer slow.Stop()
	// wait returns what comes first; in between it reports that the source is slow.
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
	for jitter, attempt := retry.NewExponentialJitterBackoff(mostSourceBackoff), 0; ; attempt++ {
		err := wait(retrieving(limited, provider))
		switch {
		case err == nil:
			return nil
		case limited.Err() != nil, isUnended(err):
		case !isRetried(err, source, attempt):
			return err
		default:
			last = err
			pause, jitterErr := jitter.BackoffDelay(attempt, nil)
			if jitterErr != nil { // the system's source of randomness failed
				pause = mostSourceBackoff
			}
			if wait(after(pause)) == nil {
				continue
			}
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return context.Cause(ctx)
		}
		if last == nil {
			last = notAnswered(source, role)
		}
		if ctx.Err() != nil {
			return last
		}
		return &SourceTimeoutError{After: time.Since(began), Err: last}
	}
}

// retrieving retrieves credentials. It does not wait for a provider that obeys no context.
func retrieving(ctx context.Context, provider aws.CredentialsProvider) <-chan error {
	outcome := make(chan error, 1)
	go func() {
		_, err := provider.Retrieve(ctx)
		outcome <- err
	}()
	return outcome
}

// after sends nil after a while.
func after(d time.Duration) <-chan error {
	over := make(chan error, 1)
	time.AfterFunc(d, func() { over <- nil })
	return over
}

// isUnended reports whether a credential process was ended because of its time.
func isUnended(err error) bool {
	var process *ProcessError
	return errors.As(err, &process) && process.Unended
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + briefly(err)
}

// instanceAttempts is how often an instance profile is asked for that no configuration
// names: a machine that has none never answers.
const instanceAttempts = 3

// isRetried reports whether the failure of an attempt, which are counted from 0, may pass.
func isRetried(err error, source Source, attempt int) bool {
	var (
		role  *RoleError
		found *CredentialsError
		proxy *ProxyError
	)
	switch {
	case isAnswerError(err):
		return false // the answer is whole, and the next one will be no better
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

// notAnswered is the error of a source that was waited for in vain.
func notAnswered(source Source, role Role) error {
	base := &CredentialsError{source.unanswered(), source}
	switch {
	case source.Kind == Process, source.Kind == Container, role.ARN == "":
		return base
	}
	return &RoleError{role.ARN, unanswered{"no answer"}, source}
}

// unanswered is what a source that was waited for in vain came to.
func (s Source) unanswered() error {
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
	return unanswered{text}
}

// text names a source, and how credentials are taken from it.
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

// IsForeignAnswer reports whether an answer is not one of the service that was asked.
func IsForeignAnswer(err error) bool {
	var malformed *smithy.DeserializationError
	var api smithy.APIError
	return errors.As(err, &malformed) || errors.As(err, &api) && api.ErrorCode() == "UnknownError"
}

package awsclient

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"kin/internal/service"
)

// renewable is a provider that reloads its credentials after the service refused them. A
// reload reads the files and caches again, runs a credential process again and assumes roles
// again.
//
// It is safe for concurrent use. Calls that are refused at the same time share one reload.
type renewable struct {
	load loadFunc

	mu      sync.Mutex // guards the following
	now     loaded
	failed  error   // error of the last reload; nil if it succeeded or none was made
	loading *reload // nil if no reload is running
}

// loadFunc loads the credentials. Errors are *ConfigError and *CredentialsError.
type loadFunc func(context.Context) (aws.CredentialsProvider, Source, error)

// loaded is the result of one load. The number counts the loads, from 1.
type loaded struct {
	provider aws.CredentialsProvider
	source   Source
	number   int
}

// reload is a running reload. The error is set before done is closed.
type reload struct {
	done chan struct{}
	err  error
}

const (
	// reloadTimeout is how long a call waits for a reload.
	reloadTimeout = 10 * time.Second
	// A reload tries again if it finds the files unusable: another program may be writing
	// them. The wait doubles from firstReloadWait to lastReloadWait, in total 1.5 s.
	firstReloadWait = 100 * time.Millisecond
	lastReloadWait  = 800 * time.Millisecond
)

// newRenewable returns a renewable with credentials that are already loaded. It calls load
// only for a reload, because files that are pipes can be read only once.
func newRenewable(provider aws.CredentialsProvider, source Source, load loadFunc) *renewable {
	return &renewable{load: load, now: loaded{provider, source, 1}}
}

// Retrieve returns the credentials to sign with. If AssumeRole fails because the credentials
// it is signed with have expired, Retrieve reloads them once. Errors are *RoleError and
// *CredentialsError, also if ctx ends.
func (r *renewable) Retrieve(ctx context.Context) (aws.Credentials, error) {
	now := r.current()
	c, err := now.provider.Retrieve(ctx)
	if err != nil && isExpired(err) && ctx.Err() == nil {
		if reloadErr := r.renew(ctx, now.number); isConfigError(reloadErr) {
			return aws.Credentials{}, withReload(retrieveError(err, now.source), reloadErr)
		} else if reloadErr != nil {
			return aws.Credentials{}, reloadErr
		}
		now = r.current()
		c, err = now.provider.Retrieve(ctx)
	}
	if err != nil {
		return aws.Credentials{}, retrieveError(err, now.source)
	}
	if err := checkSendable(c, now.source); err != nil {
		return aws.Credentials{}, err
	}
	return c, nil
}

func (r *renewable) current() loaded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// renew reloads the credentials. refused is the number of the load that the refused call was
// signed with. If a later load exists, renew does not reload and returns that load's error.
// All callers that wait for the same reload get its error. The reload continues if the
// caller's context ends, because other callers may wait for it.
func (r *renewable) renew(ctx context.Context, refused int) error {
	r.mu.Lock()
	if r.now.number != refused {
		defer r.mu.Unlock()
		return r.failed
	}
	source := r.now.source
	l := r.loading
	if l == nil {
		l = &reload{done: make(chan struct{})}
		r.loading = l
		go r.reload(context.WithoutCancel(ctx), l)
	}
	r.mu.Unlock()
	timer := time.NewTimer(reloadTimeout)
	defer timer.Stop()
	select {
	case <-l.done:
		return l.err
	case <-timer.C: // opening a file ignores the context
		return &CredentialsError{reloadTimeoutError{context.DeadlineExceeded}, source}
	case <-ctx.Done():
		return &CredentialsError{reloadTimeoutError{ctx.Err()}, source}
	}
}

// reloadTimeoutError means that a call ended before the credentials were reloaded.
type reloadTimeoutError struct{ err error }

func (e reloadTimeoutError) Error() string {
	return "the service refused the credentials, and the AWS configuration could not be read again in time"
}
func (e reloadTimeoutError) Brief() string { return e.Error() }
func (e reloadTimeoutError) Unwrap() error { return e.err }

// reload loads the credentials once and sets l's error. It counts the load even if it
// failed, so that calls signed before it do not cause another reload. If a load hangs, no
// other one is started.
func (r *renewable) reload(ctx context.Context, l *reload) {
	ctx, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	provider, source, err := r.loadWhole(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.now.provider, r.now.source = provider, source
	}
	r.now.number++
	r.failed = err
	r.loading, l.err = nil, err
	close(l.done)
}

// loadWhole loads the credentials. If the files look incomplete, another program may be
// writing them: loadWhole tries again for 1.5 s.
func (r *renewable) loadWhole(ctx context.Context) (aws.CredentialsProvider, Source, error) {
	before := r.current().source
	for wait := firstReloadWait; ; wait *= 2 {
		provider, source, err := r.load(ctx)
		if err == nil && source.Kind == NoSource && before.Kind != NoSource {
			if _, none := provider.Retrieve(ctx); none != nil {
				err = &ConfigError{errors.New("the AWS configuration no longer names credentials")}
			}
		}
		lostToken := err == nil && source.Kind == ProfileKeys && before.Kind == ProfileKeys && before.Temporary && !source.Temporary
		if !isConfigError(err) && !lostToken || wait > lastReloadWait || service.Sleep(ctx, wait) != nil {
			return provider, source, err
		}
	}
}

func isConfigError(err error) bool {
	var config *ConfigError
	return errors.As(err, &config)
}

// withReload adds the error of a reload to a refusal. err is one of retrieveError.
func withReload(err, reloadErr error) error {
	switch e := err.(type) { //nolint:errorlint // retrieveError returns them as they are
	case *RoleError:
		return &RoleError{e.ARN, &RefusedError{Err: e.Err, Source: e.Source, Reload: reloadErr}, e.Source}
	case *CredentialsError:
		return &CredentialsError{&RefusedError{Err: e.Err, Source: e.Source, Reload: reloadErr}, e.Source}
	}
	return err
}

// isNew reports whether the current credentials differ from those that signed a request. A
// corrected secret key for the same ID is not noticed, because a request does not contain it.
func (r *renewable) isNew(ctx context.Context, request any) bool {
	signed, ok := request.(*smithyhttp.Request)
	if !ok {
		return false
	}
	now, err := r.Retrieve(ctx)
	if err != nil {
		return false // the caller returns the refusal, which explains more
	}
	_, id, _ := strings.Cut(signed.Header.Get("Authorization"), "Credential=")
	id, _, _ = strings.Cut(id, "/")
	return id != now.AccessKeyID || signed.Header.Get("X-Amz-Security-Token") != now.SessionToken
}

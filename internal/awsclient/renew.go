package awsclient

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"kin/internal/service"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// renewable are the credentials of a client, which are loaded again when the
// service refuses them: files and caches that another program rewrote are read
// anew, a credential process is run again, roles are assumed again.
//
// It is safe for concurrent use. Calls that are refused at the same time share
// one load.
type renewable struct {
	load loadFunc

	mu      sync.Mutex // guards the following
	now     loaded
	failed  error   // of the last reload; nil when it worked or there was none
	loading *reload // nil when none is under way
}

// loadFunc loads the credentials. Errors are *ConfigError and *CredentialsError.
type loadFunc func(context.Context) (aws.CredentialsProvider, Source, error)

// loaded is one load's outcome. The number identifies the load.
type loaded struct {
	provider aws.CredentialsProvider
	source   Source
	number   int
}

// reload is a load that is under way. The error is set before done is closed.
type reload struct {
	done chan struct{}
	err  error
}

const (
	// reloadTimeout is how long a call waits for a reload.
	reloadTimeout = 10 * time.Second
	// A reload that finds the files unusable tries again: another program may be writing
	// them. The wait doubles from the first to the last one, over 1.5 s.
	firstReloadWait = 100 * time.Millisecond
	lastReloadWait  = 800 * time.Millisecond
)

// newRenewable returns credentials that were loaded already. Only a reload calls load:
// files that are pipes can be read only once.
func newRenewable(provider aws.CredentialsProvider, source Source, load loadFunc) *renewable {
	return &renewable{load: load, now: loaded{provider, source, 1}}
}

// Retrieve returns the credentials to sign with. Errors are *RoleError and
// *CredentialsError, also when ctx ends. Where the credentials that a role is assumed
// with have expired, they are loaded again, once.
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

// renew loads the credentials again, unless that was done since refused, the number
// of the load whose credentials a call was signed with. It returns the error of that
// reload to all of its callers, also to those that come later. The load itself goes on
// when the caller's context ends: others wait for it too.
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
	case <-timer.C: // opening a file obeys no context
		return &CredentialsError{lateReloadError{context.DeadlineExceeded}, source}
	case <-ctx.Done():
		return &CredentialsError{lateReloadError{ctx.Err()}, source}
	}
}

// lateReloadError means that a call ended before the credentials were loaded again.
type lateReloadError struct{ err error }

func (e lateReloadError) Error() string {
	return "the service refused the credentials, and the AWS configuration could not be read again in time"
}
func (e lateReloadError) Brief() string { return e.Error() }
func (e lateReloadError) Unwrap() error { return e.err }

// reload does one load. Whatever comes of it, calls that were signed before do not
// cause another. A load that hangs stays the only one.
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

// loadWhole loads the credentials, and tries again for a moment where the files look as
// if another program had written only a part of them.
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

// withReload adds to a refusal why the credentials could not be loaded again.
func withReload(err, reloadErr error) error {
	switch e := err.(type) { //nolint:errorlint // retrieveError returns them as they are
	case *RoleError:
		return &RoleError{e.ARN, &RefusedError{Err: e.Err, Source: e.Source, Reload: reloadErr}, e.Source}
	case *CredentialsError:
		return &CredentialsError{&RefusedError{Err: e.Err, Source: e.Source, Reload: reloadErr}, e.Source}
	}
	return err
}

// isNew reports whether the credentials in use are others than those that a request
// was signed with. A secret key that was corrected for the same ID does not count: a
// request does not show it.
func (r *renewable) isNew(ctx context.Context, request any) bool {
	signed, ok := request.(*smithyhttp.Request)
	if !ok {
		return false
	}
	now, err := r.Retrieve(ctx)
	if err != nil {
		return false // the refusal says more
	}
	_, id, _ := strings.Cut(signed.Header.Get("Authorization"), "Credential=")
	id, _, _ = strings.Cut(id, "/")
	return id != now.AccessKeyID || signed.Header.Get("X-Amz-Security-Token") != now.SessionToken
}

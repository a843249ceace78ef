package awsclient

import (
	"context"
	"strings"
	"sync"

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
	load func(context.Context) (aws.CredentialsProvider, Source, error)

	mu      sync.Mutex // guards the following
	now     loaded
	loading *reload // nil when none is under way
}

// loaded is one load's outcome. The number tells loads apart.
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

func newRenewable(ctx context.Context, load func(context.Context) (aws.CredentialsProvider, Source, error)) (*renewable, error) {
	provider, source, err := load(ctx)
	if err != nil {
		return nil, err
	}
	return &renewable{load: load, now: loaded{provider, source, 1}}, nil
}

// Retrieve returns the credentials to sign with. Errors are *RoleError,
// *CredentialsError and those of ctx. Where the credentials that a role is assumed
// with have expired, they are loaded again, once.
func (r *renewable) Retrieve(ctx context.Context) (aws.Credentials, error) {
	now := r.current()
	c, err := now.provider.Retrieve(ctx)
	if err != nil && isExpired(err) && ctx.Err() == nil {
		if err := r.renew(ctx, now.number); err != nil {
			return aws.Credentials{}, err
		}
		now = r.current()
		c, err = now.provider.Retrieve(ctx)
	}
	if err != nil {
		return aws.Credentials{}, retrieveError(ctx, err, now.source)
	}
	return c, nil
}

func (r *renewable) current() loaded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// renew loads the credentials again, unless that was done since refused, the number
// of the load whose credentials a call was signed with. The load itself goes on when
// the caller's context ends: others wait for it too.
func (r *renewable) renew(ctx context.Context, refused int) error {
	r.mu.Lock()
	if r.now.number != refused {
		r.mu.Unlock()
		return nil
	}
	l := r.loading
	if l == nil {
		l = &reload{done: make(chan struct{})}
		r.loading = l
		go r.reload(context.WithoutCancel(ctx), l)
	}
	r.mu.Unlock()
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// reload does one load. Whatever comes of it, calls that were signed before do not
// cause another.
func (r *renewable) reload(ctx context.Context, l *reload) {
	ctx, cancel := context.WithTimeout(ctx, roleTimeout)
	defer cancel()
	provider, source, err := r.load(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.now.provider, r.now.source = provider, source
	}
	r.now.number++
	r.loading, l.err = nil, err
	close(l.done)
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

package reader

import (
	"context"
	"sync"

	"kin/internal/service"
)

// sharedListing is a listing of all shards that many shards of a stream ask for at
// once, as after an outage or a reshard. One of them makes it, and the others wait.
// A listing answers everybody who asked before it began; one that began earlier may
// show what has changed since.
type sharedListing struct {
	mu      sync.Mutex    // guards the following
	running chan struct{} // closed when the listing that is under way is over; nil without one
	begun   int           // attempts, from 1
	merged  int           // the attempt that was merged last
}

// begin notes that an attempt begins, and returns its number.
func (l *sharedListing) begin() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun++
	return l.begun
}

// calls is how many attempts have begun.
func (l *sharedListing) calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun
}

// enter waits until an attempt was merged that began after the first asked of them,
// which is the answer, or until the caller is the one to list.
func (l *sharedListing) enter(ctx context.Context, asked int) (answered bool, err error) {
	for {
		l.mu.Lock()
		answered, running := l.merged > asked, l.running
		if !answered && running == nil {
			l.running = make(chan struct{})
		}
		l.mu.Unlock()
		if answered || running == nil {
			return answered, nil
		}
		select {
		case <-running:
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// leave ends what enter began. merged is the attempt that was merged; 0 is none.
func (l *sharedListing) leave(merged int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.merged = max(l.merged, merged)
	close(l.running)
	l.running = nil
}

// refresh returns when a listing of all shards was merged that began after the call.
// It lists as often as it takes, unless another shard does.
func (s *streamRun) refresh(ctx context.Context) error {
	answered, err := s.refreshing.enter(ctx, s.refreshing.calls())
	if answered || err != nil {
		return err
	}
	merged := 0
	defer func() { s.refreshing.leave(merged) }()
	attempt := 0
	l, err := patientlyPaged(ctx, s.run, 0, s.callError("ListShards"), func(ctx context.Context, a *service.Allowance) (listing, error) {
		attempt = s.refreshing.begin()
		return s.list(ctx, a, "", nil)
	})
	if err != nil {
		return err
	}
	if err := s.merge(l, true); err != nil {
		return err
	}
	merged = attempt
	return nil
}

package efo

import (
	"context"
	"fmt"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// release removes the consumer at the end of the run if the options require it. stays is a message
// about a consumer that stays registered; empty if none does. The run has ended and nobody holds
// the lock. run is the context of the run. It may have ended, and its cause may be a signal.
func (h *streamConsumer) release(ctx, run context.Context) (stays string, err error) {
	if _, stopped := stoppedAt(run); !stopped && h.waitedFor != "" {
		h.queue(h.f.o.Info, fmt.Sprintf("consumer %s of %s was still %s when the run ended", h.id.Name(), h.stream, h.waitedFor))
	}
	switch {
	case !h.own || !h.exists:
		return "", nil
	case h.ephemeral:
	case h.registered && h.f.unsupported.Load(): // nobody can read through it here
	case h.takenOver:
		return fmt.Sprintf("consumer %s of %s stays registered: another reader uses it, and it is billed", h.id, h.stream), nil
	case !h.f.o.RequireDeregistration:
		return h.stayMessage(ctx, run), nil
	}
	byHand := "hint: to remove it by hand: " + h.commands().Command("deregister", string(h.id), "--yes")
	doing := "removing consumer %s of %s"
	if h.registry.calls.unconfirmed(h.id) != nil {
		doing = "checking whether consumer %s of %s is registered, to remove it"
	}
	defer announceRemoval(run, func() {
		h.queue(h.f.o.Warn, fmt.Sprintf(doing+", for at most %s; another signal, 1s or more after the first, ends kin at once and leaves the consumer billed\n%s",
			h.id, h.stream, str2duration.String(removeTimeout), byHand))
	})()
	removed, err := h.registry.withTimeout(removeTimeout).Remove(ctx, h.id)
	if err != nil {
		return "", &LeftBehindError{Stream: h.stream, Consumer: string(h.id), Err: err, Commands: h.commands()}
	}
	if removed {
		h.queue(h.f.o.Detail, fmt.Sprintf("%s: deregistered consumer %s", h.stream, h.id))
	}
	return "", nil
}

// stayMessage returns the message about a consumer that is not removed. It is empty if the consumer
// no longer exists, for example because the stream is gone. After a signal the consumer is not
// described: a second signal could end kin before the message.
func (h *streamConsumer) stayMessage(ctx, run context.Context) string {
	if _, stopped := stoppedAt(run); !stopped {
		_, err := h.registry.describe(ctx, h.id, time.Now().Add(lastDescribeTimeout))
		if isNotFound(err) && h.registry.calls.unconfirmed(h.id) == nil {
			return ""
		} else if err == nil {
			h.registry.calls.confirm(h.id)
		}
	}
	command := h.commands().Command("deregister", string(h.id), "--yes")
	if h.registry.calls.unconfirmed(h.id) != nil {
		h.queue(h.f.o.Warn, fmt.Sprintf("consumer %s of %s may be registered, and is then billed; to remove it: %s", h.id, h.stream, command))
		return ""
	}
	return fmt.Sprintf("consumer %s of %s stays registered and is billed; to remove it: %s", h.id, h.stream, command)
}

// LeftBehindError means that a consumer may still exist, although kin tried to remove it.
type LeftBehindError struct {
	Stream, Consumer string
	Err              error
	Commands         Commands
}

func (e *LeftBehindError) Error() string {
	return fmt.Sprintf("consumer %s of %s may still be registered, and billed: %s", e.Consumer, e.Stream, e.Err)
}

func (e *LeftBehindError) Unwrap() error { return e.Err }

// Hint returns the next step for the user.
func (e *LeftBehindError) Hint() string {
	return "remove it with: " + e.Commands.Command("deregister", e.Consumer, "--yes")
}

package efo

import (
	"context"
	"fmt"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// release does at the end of the run what the options say, and returns what is
// to be said of a consumer that stays. The run has ended; nobody holds the lock.
// run is the run's own context, which may have ended: a signal may be its cause.
func (h *holding) release(ctx, run context.Context) (stays string, err error) {
	if _, stopped := stoppedAt(run); !stopped && h.awaited != "" {
		h.later(h.f.o.Info, fmt.Sprintf("consumer %s of %s was still %s when the run ended", h.id.Name(), h.stream, h.awaited))
	}
	switch {
	case !h.own || !h.there:
		return "", nil
	case h.brief:
	case h.made && h.f.lacks.Load(): // nobody can read through it here
	case h.takenOver:
		return fmt.Sprintf("consumer %s of %s stays registered: another reader uses it, and it is billed", h.id, h.stream), nil
	case !h.f.o.RequireDeregistration:
		return h.stays(ctx, run), nil
	}
	byHand := "hint: to remove it by hand: " + h.commands().Command("deregister", string(h.id), "--yes")
	doing := "removing consumer %s of %s"
	if h.registry.calls.unsettled(h.id) != nil {
		doing = "looking for consumer %s of %s, which may be registered, to remove it"
	}
	defer announceRemoval(run, func() {
		h.later(h.f.o.Warn, fmt.Sprintf(doing+", for at most %s; a second signal, a second or more after the first, ends kin at once and leaves the consumer billed\n%s",
			h.id, h.stream, str2duration.String(removeTimeout), byHand))
	})()
	removed, err := h.registry.within(removeTimeout).Remove(ctx, h.id)
	if err != nil {
		return "", &LeftBehindError{Stream: h.stream, Consumer: string(h.id), Err: err, Commands: h.commands()}
	}
	if removed {
		h.later(h.f.o.Detail, fmt.Sprintf("%s: deregistered consumer %s", h.stream, h.id))
	}
	return "", nil
}

// stays is the message about a consumer that is not to be removed; empty if it is gone,
// with its stream for instance. After a signal it does not look: a second one would end
// kin before the message.
func (h *holding) stays(ctx, run context.Context) string {
	if _, stopped := stoppedAt(run); !stopped {
		_, err := h.registry.describe(ctx, h.id, time.Now().Add(lastLook))
		if isNotFound(err) && h.registry.calls.unsettled(h.id) == nil {
			return ""
		} else if err == nil {
			h.registry.calls.settle(h.id)
		}
	}
	command := h.commands().Command("deregister", string(h.id), "--yes")
	if h.registry.calls.unsettled(h.id) != nil {
		h.later(h.f.o.Warn, fmt.Sprintf("consumer %s of %s may be registered, and is then billed; to remove it: %s", h.id, h.stream, command))
		return ""
	}
	return fmt.Sprintf("consumer %s of %s stays registered and is billed; to remove it: %s", h.id, h.stream, command)
}

// LeftBehindError means that a consumer which was to be removed may be there
// still.
type LeftBehindError struct {
	Stream, Consumer string
	Err              error
	Commands         Commands
}

func (e *LeftBehindError) Error() string {
	return fmt.Sprintf("consumer %s of %s may still be registered, and billed: %s", e.Consumer, e.Stream, e.Err)
}

func (e *LeftBehindError) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *LeftBehindError) Hint() string {
	return "remove it with: " + e.Commands.Command("deregister", e.Consumer, "--yes")
}

package queue

import (
	"time"

	"kin/internal/service"
)

// The pauses after failures.
const (
	FirstBackoff = 100 * time.Millisecond
	MaxBackoff   = 10 * time.Second
)

// NewBackoff returns the backoff of calls that write, of a shard's and of all.
func NewBackoff() service.Backoff {
	return service.Backoff{First: FirstBackoff, Most: MaxBackoff}
}

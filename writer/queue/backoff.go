package queue

import (
	"time"

	"kin/internal/service"
)

// Bounds of the pause after a failure.
const (
	FirstBackoff = 100 * time.Millisecond
	MaxBackoff   = 10 * time.Second
)

// NewBackoff returns the backoff that all write calls use, for a shard or the whole
// service.
func NewBackoff() service.Backoff {
	return service.Backoff{First: FirstBackoff, Most: MaxBackoff}
}

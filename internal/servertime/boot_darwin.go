package servertime

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot returns a clock that advances while the machine sleeps: CLOCK_MONOTONIC on this system.
// It is 0 if the clock cannot be read.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

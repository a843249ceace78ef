//go:build !linux && !darwin

package servertime

import "time"

// sinceBoot returns 0: this system has only Go's own clock.
func sinceBoot() time.Duration { return 0 }

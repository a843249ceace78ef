//go:build !linux && !darwin

package servertime

import "time"

// sinceBoot is 0: Go's own clock is what there is here.
func sinceBoot() time.Duration { return 0 }

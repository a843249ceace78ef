package writer

import "time"

// startAttempt is the timeout of one attempt of a call at the start.
const startAttempt = 10 * time.Second

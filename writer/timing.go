package writer

import "time"

// startAttempt is how long one attempt of a call of the start may take.
const startAttempt = 10 * time.Second

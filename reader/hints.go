package reader

import (
	"fmt"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
)

// hints are messages that a run prints once, about a symptom that its options can cure. kin help
// tuning has more. The reader of the messages may be slow, so no lock is held while one is printed.
type hints struct {
	report func(string)

	mu        sync.Mutex  // guards the following
	throttles []time.Time // of the last window
	limits    bool        // the hint about limits was printed
	slow      time.Duration
	output    bool // the hint about the output was printed
}

const (
	// A run that only catches up has at most manyThrottles throttled fetches in throttleWindow.
	manyThrottles  = 5
	throttleWindow = time.Minute
	// slowOutput is how long fetching has to wait for the output in total.
	slowOutput = 10 * time.Second
)

// throttled counts a fetch that exceeded a shard's read limit.
func (h *hints) throttled(now time.Time) {
	if h.countThrottle(now) {
		h.report("hint: reads keep exceeding the rate limit: another consumer reads these shards too; lower --max-fetch-rate or raise --min-fetch-period (kin help tuning)")
	}
}

// countThrottle counts a throttled fetch. It reports true once: when throttleWindow first has more
// than manyThrottles of them.
func (h *hints) countThrottle(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.limits {
		return false
	}
	h.throttles = append(h.throttles, now)
	for now.Sub(h.throttles[0]) > throttleWindow {
		h.throttles = h.throttles[1:]
	}
	h.limits = len(h.throttles) > manyThrottles
	return h.limits
}

// wrote records how long a batch took to be written. waiting means that a fetch waited for space
// meanwhile.
func (h *hints) wrote(took time.Duration, waiting bool, buffer int64) {
	if waiting && h.countSlow(took) {
		h.report(fmt.Sprintf("hint: the output is slower than the stream: the buffer of %s is full, and fetching waits for room in it; a larger --fetch-buffer-size helps against bursts only (kin help tuning)",
			humanize.Bytes(uint64(buffer))))
	}
}

// countSlow reports whether fetching has waited too long in total, the first time only.
func (h *hints) countSlow(took time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.output {
		return false
	}
	h.slow += took
	h.output = h.slow >= slowOutput
	return h.output
}

// shareSlots reports that there are more shards than fetches at once.
func (h *hints) shareSlots(shards, atOnce int) {
	if atOnce > 0 && shards > atOnce {
		h.report(fmt.Sprintf("hint: there are %d shards, and --tasks allows %d fetches at once: shards take turns; raise --tasks or --shards-per-task (kin help tuning)", shards, atOnce))
	}
}

// counted is a number and a noun, as "1 shard" and "2 shards".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

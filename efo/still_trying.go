package efo

import (
	"fmt"
	"sync"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// A call that has failed for tryingAfter is reported, and again every tryingEvery,
// as in a run of package reader.
const (
	tryingAfter = 5 * time.Second
	tryingEvery = time.Minute
)

// stillTrying reports the calls of a Registry that keep failing, and that they pass
// again. It is for a Registry outside of a run.
type stillTrying struct {
	say func(string) // never called with the lock held: it may block

	mu      sync.Mutex             // guards the following
	failing map[string]*failedCall // by call and consumer
}

// failedCall is a call whose last attempt failed.
type failedCall struct {
	since, said time.Time // said is zero before the first report
}

func newStillTrying(say func(string)) *stillTrying {
	return &stillTrying{say: say, failing: map[string]*failedCall{}}
}

// attempted notes what came of one attempt. The key tells calls apart.
func (s *stillTrying) attempted(key string, err error) {
	if message := s.note(key, err, time.Now()); message != "" {
		s.say(message)
	}
}

// unanswered notes an attempt that has had no answer for tryingAfter.
func (s *stillTrying) unanswered(key string, err error) {
	now := time.Now()
	s.mu.Lock()
	if s.failing[key] == nil {
		s.failing[key] = &failedCall{since: now.Add(-tryingAfter)}
	}
	s.mu.Unlock()
	if message := s.note(key, err, now); message != "" {
		s.say(message)
	}
}

func (s *stillTrying) note(key string, err error, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.failing[key]
	switch {
	case err == nil && f == nil:
		return ""
	case err == nil:
		delete(s.failing, key)
		if f.said.IsZero() {
			return ""
		}
		return "connected again after " + str2duration.String(max(time.Second, now.Sub(f.since).Round(time.Second)))
	case f == nil:
		s.failing[key] = &failedCall{since: now}
		return ""
	case now.Sub(f.since) < tryingAfter, !f.said.IsZero() && now.Sub(f.said) < tryingEvery:
		return ""
	}
	f.said = now
	return fmt.Sprintf("still trying: %s", err)
}

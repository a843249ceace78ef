package efo

import (
	"sync"

	"kin/internal/service"
)

// callReporter reports calls of a Registry that keep failing, and when they succeed again. Each
// call is tracked separately. It is used by a Registry outside of a run.
type callReporter struct {
	report func(string) // never called with the lock held, because it may block

	mu        sync.Mutex                   // guards the following
	reporters map[string]*service.Reporter // by call and consumer
}

func newCallReporter(info func(string)) *callReporter {
	return &callReporter{report: info, reporters: map[string]*service.Reporter{}}
}

// noteAttempt notes the result of one attempt. key identifies the call.
func (s *callReporter) noteAttempt(key string, err error) {
	if err != nil {
		s.reporter(key).Failed(key, "", err, 0)
		return
	}
	s.mu.Lock()
	r := s.reporters[key]
	delete(s.reporters, key) // so that a later failure is reported at once, even within the same minute
	s.mu.Unlock()
	if r != nil {
		r.Passed(key)
	}
}

// noteUnanswered notes an attempt without an answer for service.ReportAfter.
func (s *callReporter) noteUnanswered(key string, err error) {
	s.reporter(key).Failed(key, "", err, service.ReportAfter)
}

func (s *callReporter) reporter(key string) *service.Reporter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reporters[key] == nil {
		s.reporters[key] = &service.Reporter{Report: s.report}
	}
	return s.reporters[key]
}

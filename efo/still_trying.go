package efo

import (
	"sync"

	"kin/internal/service"
)

// stillTrying reports the calls of a Registry that keep failing, and that they pass
// again, each call for itself. It is for a Registry outside of a run.
type stillTrying struct {
	info func(string) // never called with a lock held: it may block

	mu    sync.Mutex                   // guards the following
	calls map[string]*service.Reporter // by call and consumer
}

func newStillTrying(info func(string)) *stillTrying {
	return &stillTrying{info: info, calls: map[string]*service.Reporter{}}
}

// attempted notes the result of one attempt. The key identifies the call.
func (s *stillTrying) attempted(key string, err error) {
	if err != nil {
		s.reporter(key).Failed(key, "", err, 0)
		return
	}
	s.mu.Lock()
	r := s.calls[key]
	delete(s.calls, key) // what fails later is reported at once, within the minute too
	s.mu.Unlock()
	if r != nil {
		r.Passed(key)
	}
}

// unanswered notes an attempt that has had no answer for service.ReportAfter.
func (s *stillTrying) unanswered(key string, err error) {
	s.reporter(key).Failed(key, "", err, service.ReportAfter)
}

func (s *stillTrying) reporter(key string) *service.Reporter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[key] == nil {
		s.calls[key] = &service.Reporter{Report: s.info}
	}
	return s.calls[key]
}

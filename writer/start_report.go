package writer

import (
	"fmt"
	"time"
)

// startReport reports a call of the start that is not answered for troubleAfter, once,
// and that it was answered after that.
type startReport struct {
	say    func(string) // called on the goroutine of persist
	named  func(error) error
	began  time.Time
	last   error // of the attempt before; nil before its end
	spoken bool
}

// attempt makes one attempt, and reports the call when it becomes due meanwhile.
func (r *startReport) attempt(do func() error) error {
	if r.spoken {
		return do()
	}
	done := make(chan error, 1)
	go func() { done <- do() }()
	due := time.NewTimer(max(0, time.Until(r.began.Add(troubleAfter))))
	defer due.Stop()
	var err error
	select {
	case err = <-done:
	case <-due.C:
		r.report()
		err = <-done
	}
	r.last = err
	return err
}

func (r *startReport) report() {
	r.spoken = true
	err := r.last
	if err == nil {
		err = fmt.Errorf("no answer from the service for %s", troubleAfter)
	}
	r.say(fmt.Sprintf("still trying: %s", r.named(err)))
}

// passed notes that the call was answered.
func (r *startReport) passed() {
	if r.spoken {
		r.say("connected again after " + duration(max(time.Second, time.Since(r.began).Round(time.Second))))
	}
}

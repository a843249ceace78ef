package writer

import (
	"sync"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// dispatcher is one run. It has the lock and makes the calls. The intake adds records, run
// builds requests from them, and each request's goroutine settles its records.
type dispatcher struct {
	o      Options
	stream streamFacts
	calls  caller

	changed  chan struct{} // receives a token when run should check what is due
	freed    chan struct{} // receives a token when the backlog may have room for the intake
	requests sync.WaitGroup

	// mu guards the following. It is never held during a call of the service or of a function
	// in Options.
	mu      sync.Mutex
	queue   *queue.Queue
	account account
	service serviceBackoff
	relist  relist
	state   runState

	outcomes []outcome // memory that settle reuses
}

func newDispatcher(client Client, o Options, facts streamFacts) *dispatcher {
	return &dispatcher{
		o: o, stream: facts, calls: newCaller(client, o),
		changed: make(chan struct{}, 1), freed: make(chan struct{}, 1),
		queue: queue.New(queue.Options{
			Linger: o.Linger, Ordered: o.Ordered, Aggregate: o.Aggregate, Limited: !o.Unshaped,
			IgnoresKeys: facts.auto, ProbeTime: service.CallTimeout,
		}, facts.shards, time.Now()),
		account: newAccount(o),
		service: newServiceBackoff(),
	}
}

// closeIntake ends the intake. What was read is still written, then the run ends with err.
// Only the first call counts.
func (d *dispatcher) closeIntake(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.close(err)
	d.wake()
}

// stop ends the run: nothing more is sent, but requests in flight are awaited. Only the
// first call counts. The caller holds mu.
func (d *dispatcher) stop(err error) {
	d.state.stop(err)
	d.wake()
}

// wake wakes both run and the intake.
func (d *dispatcher) wake() {
	signal(d.changed)
	signal(d.freed)
}

// withAccount calls do with the run's account. mu is held during the call.
func (d *dispatcher) withAccount(do func(*account)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	do(&d.account)
}

// signal puts a token into c, unless there is one already.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// runState is the state of a run. The dispatcher's mu guards it.
type runState struct {
	blocked bool  // the intake waits for room in the backlog
	closed  bool  // the intake is closed: nothing more is read
	ending  error // why it was closed; nil after the whole input
	stopped error // why nothing more is sent; nil while requests may be sent
}

// close closes the intake. Only the first call counts.
func (s *runState) close(err error) {
	if !s.closed {
		s.closed, s.ending = true, err
	}
}

// stop ends the run. Only the first call counts.
func (s *runState) stop(err error) {
	if s.stopped == nil {
		s.stopped = err
	}
	s.close(err)
}

// err is the result of the run.
func (s *runState) err() error {
	if s.stopped != nil {
		return s.stopped
	}
	return s.ending
}

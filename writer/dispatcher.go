package writer

import (
	"sync"
	"time"

	"kin/internal/service"
	"kin/writer/queue"
)

// dispatcher is one run: it has the lock, and makes the calls. The intake adds
// records, run makes requests of them, and each request's goroutine settles it.
type dispatcher struct {
	o      Options
	stream streamFacts
	calls  caller

	changed  chan struct{} // a token when run should check what is due
	freed    chan struct{} // a token when there may be room for the intake
	requests sync.WaitGroup

	// mu guards the following. It is never held during a call, nor while a function
	// of Options runs.
	mu      sync.Mutex
	queue   *queue.Queue
	account account
	service serviceBackoff
	relist  relist
	state   runState

	outcomes []outcome // scratch of settle
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

// closeIntake ends the intake: what was read is still written, and then the
// run ends with err. Only the first call counts.
func (d *dispatcher) closeIntake(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.close(err)
	d.wake()
}

// stop ends the run: nothing more is sent, and what is in flight is waited
// for. Only the first call counts. The caller holds mu.
func (d *dispatcher) stop(err error) {
	d.state.stop(err)
	d.wake()
}

// wake wakes run and the intake.
func (d *dispatcher) wake() {
	signal(d.changed)
	signal(d.freed)
}

// withAccount calls do with what became of the records so far, and with mu held.
func (d *dispatcher) withAccount(do func(*account)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	do(&d.account)
}

// signal leaves a token, unless one is there.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// runState is how far a run is. The dispatcher's mu guards it.
type runState struct {
	blocked bool  // the intake waits for room
	closed  bool  // no more will be read
	ending  error // why; nil after the whole input
	stopped error // nothing more is sent, because of this
}

// close ends the intake. Only the first call counts.
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

// err is what the run ends with.
func (s *runState) err() error {
	if s.stopped != nil {
		return s.stopped
	}
	return s.ending
}

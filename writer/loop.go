package writer

import (
	"context"
	"time"

	"kin/writer/queue"
)

// run sends the records that the intake reads. It returns the result of the run when all records
// are settled, or when the run is stopped. It calls the functions in Options on the goroutine that
// called run. If writeCtx ends, run abandons the requests in flight.
func (d *dispatcher) run(writeCtx context.Context) error {
	defer context.AfterFunc(writeCtx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.stop(context.Cause(writeCtx))
	})()
	listCtx, cancelList := context.WithCancel(writeCtx)
	defer cancelList()
	for {
		d.deliver()
		r, wake, done := d.next(time.Now())
		switch {
		case done:
			cancelList() // a ListShards call that hangs must not delay the end
			d.requests.Wait()
			d.settleRest()
			d.deliver()
			return d.err()
		case r != nil:
			d.requests.Go(func() { d.settle(writeCtx, r, d.calls.putRecords(writeCtx, r)) })
			continue
		}
		if d.startRelist(time.Now()) {
			d.requests.Go(func() { d.relistShards(listCtx) })
		}
		await(d.changed, wake)
	}
}

// await returns when something changed, or at wake. A zero wake means no timeout.
func await(changed <-chan struct{}, wake time.Time) {
	var timer <-chan time.Time
	if !wake.IsZero() {
		timer = time.After(time.Until(wake))
	}
	select {
	case <-changed:
	case <-timer:
	}
}

// next returns the request to send now, or else the time at which run has to call next again. A
// zero time means: after the next change. done means that no request is in flight and none will
// follow.
func (d *dispatcher) next(now time.Time) (r *queue.Request, wake time.Time, done bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	inFlight := d.queue.InFlight()
	switch {
	case d.state.stopped != nil, d.state.closed && d.account.backlog.records == 0:
		return nil, time.Time{}, inFlight == 0
	case inFlight >= d.o.InFlight, d.service.probing() && inFlight > 0:
		return nil, time.Time{}, false
	case now.Before(d.service.until):
		return nil, d.service.until, false
	}
	due, wake := d.queue.Due(now, d.state.closed || d.state.blocked)
	if !due {
		return nil, wake, false
	}
	r = d.queue.Build(now)
	d.account.sent(r)
	return r, time.Time{}, false
}

// err is the result of the run.
func (d *dispatcher) err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.err()
}

// deliver makes the pending callbacks: calls of the functions in Options. It does not hold the lock
// meanwhile. Only run calls deliver. run builds no request while a callback blocks. The first error
// of a callback ends the run.
func (d *dispatcher) deliver() {
	for {
		d.mu.Lock()
		due := d.account.callbacks.take()
		d.mu.Unlock()
		if due.empty() {
			return
		}
		unsaved, err := due.call(d.o)
		if len(unsaved) == 0 && err == nil {
			continue
		}
		d.mu.Lock()
		d.account.callbacks.fail(unsaved)
		if err != nil {
			d.stop(err)
		}
		d.mu.Unlock()
	}
}

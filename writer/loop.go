package writer

import (
	"context"
	"time"

	"kin/writer/queue"
)

// run sends what the intake puts in until all of it is settled or the run is
// stopped, and returns why. It calls the functions of Options on its own
// goroutine. When writing is done, requests in flight are given up.
func (d *dispatcher) run(writing context.Context) error {
	defer context.AfterFunc(writing, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.stop(context.Cause(writing))
	})()
	listing, ended := context.WithCancel(writing)
	defer ended()
	for {
		d.deliver()
		r, wake, over := d.next(time.Now())
		switch {
		case over:
			ended() // a list of shards that hangs does not delay the end
			d.requests.Wait()
			d.leaveRest()
			d.deliver()
			return d.err()
		case r != nil:
			d.requests.Go(func() { d.settle(writing, r, d.calls.putRecords(writing, r)) })
			continue
		}
		if d.listAgainDue(time.Now()) {
			d.requests.Go(func() { d.listAgain(listing) })
		}
		await(d.changed, wake)
	}
}

// await returns at a time, unless that is zero, or when something changes.
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

// next returns the request to send now, or when to ask again; zero is when
// something changes. over means that there will be none.
func (d *dispatcher) next(now time.Time) (r *queue.Request, wake time.Time, over bool) {
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

// err is what the run ends with.
func (d *dispatcher) err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state.err()
}

// deliver calls the functions of Options as is due. It is called on the goroutine of
// run alone, without the lock: they may take their time, and then no further request
// is made. The first error of one ends the run.
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

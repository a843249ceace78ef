package writer

import (
	"time"

	"kin/writer/queue"
)

// push adds a record to the queue as soon as the backlog has room for it. It returns false
// if the intake is closed.
func (d *dispatcher) push(e *queue.Entry) bool {
	return d.admit(e, func() {
		if d.queue.Push(e) {
			signal(d.changed)
		}
	})
}

// refuse adds a record that cannot be sent and rejects it. It returns false if the intake
// is closed.
func (d *dispatcher) refuse(e *queue.Entry, reason error) bool {
	return d.admit(e, func() {
		d.account.reject(e, &entryError{codeRejected, reason.Error()}, false, "", time.Now())
		signal(d.changed)
	})
}

// admit waits for room in the backlog and calls add with mu held. It returns false if the
// intake is closed.
func (d *dispatcher) admit(e *queue.Entry, add func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.state.closed && !d.account.backlog.fits(e) {
		d.state.blocked = true
		signal(d.changed)
		d.mu.Unlock()
		<-d.freed
		d.mu.Lock()
	}
	d.state.blocked = false
	if d.state.closed {
		return false
	}
	d.account.begin(e)
	add()
	return true
}

package writer

import (
	"sync"
	"time"
)

// entry is a record on its way.
type entry struct {
	Record
	number int64 // in the input, from 1
	size   int   // what it counts toward the service's limits

	sent    bool // at least once
	retried bool // more than once
	unsure  bool // a request with it ended without an answer
	twice   bool // and it was sent again
}

// queue is where the intake leaves records and the sender finds them. It holds
// at most one request's worth: a full queue stops the intake.
type queue struct {
	maxRecords, maxBytes int
	linger               time.Duration

	mu      sync.Mutex
	entries []entry
	bytes   int
	since   time.Time // when the first entry came
	full    bool
	closed  bool
	err     error // why it was closed
	last    int64 // number of the newest entry
	spare   []entry

	// Each holds a token when its side should look again.
	filled, emptied chan struct{}
}

func newQueue(maxRecords, maxBytes int, linger time.Duration) *queue {
	return &queue{
		maxRecords: maxRecords, maxBytes: maxBytes, linger: linger,
		filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1),
	}
}

// put adds e, once there is room for it. It reports whether the queue took it,
// which it does not after it was closed.
func (q *queue) put(e entry) bool {
	for {
		taken, closed := q.tryPut(e)
		if taken || closed {
			return taken
		}
		<-q.emptied
	}
}

func (q *queue) tryPut(e entry) (taken, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false, true
	}
	n := len(q.entries)
	if n > 0 && (n == q.maxRecords || q.bytes+e.size > q.maxBytes) {
		q.full = true
		signal(q.filled)
		return false, false
	}
	q.entries = append(q.entries, e)
	q.bytes += e.size
	q.last = e.number
	switch n + 1 {
	case q.maxRecords:
		q.full = true
		signal(q.filled)
	case 1:
		q.since = time.Now()
		signal(q.filled)
	}
	return true, false
}

// close ends the intake: entries that are in the queue can still be taken, and
// then take returns err. Only the first call counts. It returns the number of
// the last entry the queue took.
func (q *queue) close(err error) int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed, q.err = true, err
	}
	signal(q.filled)
	signal(q.emptied)
	return q.last
}

// take returns the entries of the next request as soon as there is a full one,
// the first has waited for the linger time, or no more will come. When there
// are none left it returns what the queue was closed with. The entries are the
// caller's until the next call.
func (q *queue) take() ([]entry, error) {
	for {
		entries, wait, err := q.tryTake()
		if entries != nil || err != nil {
			return entries, err
		}
		var lingered <-chan time.Time
		if wait > 0 {
			lingered = time.After(wait)
		}
		select {
		case <-q.filled:
		case <-lingered:
		}
	}
}

func (q *queue) tryTake() (_ []entry, wait time.Duration, _ error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.entries) == 0 {
		if q.closed {
			return nil, 0, q.err
		}
		return nil, 0, nil
	}
	if !q.full && !q.closed {
		if wait = q.linger - time.Since(q.since); wait > 0 {
			return nil, wait, nil
		}
	}
	taken := q.entries
	q.entries, q.spare = q.spare[:0], taken
	q.bytes, q.full = 0, false
	signal(q.emptied)
	return taken, 0, nil
}

// signal leaves a token, unless one is there.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

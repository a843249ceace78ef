package console

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"
)

const (
	// queueBytes limits the text that waits for stderr.
	queueBytes = 1 << 20
	// detailBytes is the part of queueBytes that log lines and details may fill. The rest
	// is for messages.
	detailBytes = queueBytes / 2
	// StderrTimeout is how long kin waits for a stderr that accepts nothing.
	StderrTimeout = time.Second
)

// stderrQueue writes text to stderr in the order in which it was queued. One goroutine
// writes, and it runs only while there is text. A full queue drops text, counts the dropped
// lines, and prints the count in their place. It is safe for concurrent use.
type stderrQueue struct {
	w io.Writer

	mu      sync.Mutex // guards the following; never held during a write to w
	items   []*queued
	bytes   int           // in items and in the write in progress
	writing bool          // the goroutine is running
	since   time.Time     // when the write in progress began
	wrote   chan struct{} // closed when a write has ended; nil while nobody waits
	dropped int           // lines that were dropped after the last item
	// live means that a live line is on the screen: the next text clears it first.
	live bool
}

// queued is text that waits for stderr.
type queued struct {
	text string
	live bool            // the next live line may replace it
	done func(err error) // called after the write; may be nil
}

// add queues text if the queue then has at most limit bytes, and reports whether it did. An
// empty queue accepts text of any length.
func (q *stderrQueue) add(item *queued, limit int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.addLocked(item, limit)
}

func (q *stderrQueue) addLocked(item *queued, limit int) bool {
	if q.bytes > 0 && q.bytes+len(item.text) > limit {
		return false
	}
	q.noteDropped()
	q.push(item)
	q.start()
	return true
}

// start starts the goroutine unless it is running.
func (q *stderrQueue) start() {
	if !q.writing {
		q.writing = true
		q.since = time.Now()
		go q.drain()
	}
}

func (q *stderrQueue) push(item *queued) {
	if q.live && !item.live {
		item.text = clearLine + item.text
	}
	q.items = append(q.items, item)
	q.bytes += len(item.text)
}

// noteDropped queues the count of the lines that were dropped since the last count.
func (q *stderrQueue) noteDropped() {
	switch q.dropped {
	case 0:
		return
	case 1:
		q.push(&queued{text: "kin: 1 line was not printed: stderr was blocked\n"})
	default:
		q.push(&queued{text: fmt.Sprintf("kin: %d lines were not printed: stderr was blocked\n", q.dropped)})
	}
	q.dropped = 0
}

// drain writes until the queue is empty.
func (q *stderrQueue) drain() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if len(q.items) == 0 {
			q.noteDropped()
		}
		if len(q.items) == 0 {
			q.writing = false
			q.items = nil
			return
		}
		item := q.items[0]
		q.items = q.items[1:]
		q.since = time.Now()
		q.mu.Unlock()
		_, err := io.WriteString(q.w, item.text)
		if item.done != nil {
			item.done(err)
		}
		q.mu.Lock()
		q.bytes -= len(item.text)
		if q.wrote != nil {
			close(q.wrote)
			q.wrote = nil
		}
	}
}

// offer queues log lines and details. It never waits: text that does not fit is dropped.
func (q *stderrQueue) offer(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.addLocked(&queued{text: text}, detailBytes) {
		q.dropLocked(text)
	}
}

// put queues a message. If the queue is full, it waits while stderr accepts text. If stderr
// accepts nothing for StderrTimeout, the message is dropped.
func (q *stderrQueue) put(text string) {
	for !q.add(&queued{text: text}, queueBytes) {
		if !q.waitWrite(time.Time{}) {
			q.mu.Lock()
			q.dropLocked(text)
			q.mu.Unlock()
			return
		}
	}
}

// dropLocked counts the lines of a text that is not printed.
func (q *stderrQueue) dropLocked(text string) {
	q.dropped += max(1, strings.Count(text, "\n"))
}

// show queues a live line, or replaces one that still waits. A full queue drops it.
func (q *stderrQueue) show(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.addLive(clearLine+text, detailBytes) {
		q.live = true
	}
}

// hide clears the live line.
func (q *stderrQueue) hide() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.addLive(clearLine, math.MaxInt) // ignores the limit: it is short, and the last update
	q.live = false
}

func (q *stderrQueue) addLive(text string, limit int) bool {
	if n := len(q.items); n > 0 && q.items[n-1].live {
		last := q.items[n-1]
		q.bytes += len(text) - len(last.text)
		last.text = text
		return true
	}
	return q.addLocked(&queued{text: text, live: true}, limit)
}

// data writes output that the user directed to stderr, such as --metrics -, and never drops
// it. It returns when stderr has accepted the text, or with the cause of ctx when that ends.
func (q *stderrQueue) data(ctx context.Context, text string) error {
	written := make(chan error, 1)
	item := &queued{text: text, done: func(err error) { written <- err }}
	for !q.add(item, queueBytes) {
		select {
		case <-q.writeEnded():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// flush waits until everything is written. It stops waiting when a write takes longer than
// StderrTimeout, counted from its start or from `from`, whichever is later.
func (q *stderrQueue) flush(from time.Time) {
	for {
		q.mu.Lock()
		empty := !q.writing
		q.mu.Unlock()
		if empty || !q.waitWrite(from) {
			return
		}
	}
}

// waitWrite waits for the end of the write in progress and reports whether it ended. It
// waits at most until StderrTimeout after the start of that write or after `from`,
// whichever is later.
func (q *stderrQueue) waitWrite(from time.Time) bool {
	q.mu.Lock()
	if q.since.After(from) {
		from = q.since
	}
	q.mu.Unlock()
	remaining := StderrTimeout - time.Since(from)
	timer := time.NewTimer(remaining)
	defer timer.Stop()
	select {
	case <-q.writeEnded():
		return true
	case <-timer.C:
		return false
	}
}

// writeEnded returns a channel that is closed when the write in progress ends. The channel
// is already closed if there is none.
func (q *stderrQueue) writeEnded() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.writing {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	if q.wrote == nil {
		q.wrote = make(chan struct{})
	}
	return q.wrote
}

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
	// queueBytes bounds the text that waits for stderr.
	queueBytes = 1 << 20
	// detailBytes is the share of it that log lines and chatter may fill. The rest
	// is for messages.
	detailBytes = queueBytes / 2
	// StderrPatience is how long kin waits for a stderr that takes nothing.
	StderrPatience = time.Second
)

// stderrQueue writes text to stderr in the order in which it came, from one
// goroutine. That goroutine runs only while there is text. A full queue drops text,
// counts its lines and prints the count in their place. It is safe for several
// goroutines.
type stderrQueue struct {
	w io.Writer

	mu      sync.Mutex // guards the following; never held during a write
	items   []*queued
	bytes   int           // in items and in the write under way
	writing bool          // the goroutine runs
	since   time.Time     // when the write under way began
	moved   chan struct{} // closed when a write has ended; nil while nobody waits
	dropped int           // lines that are missing behind items
	// live is set while a line is being rewritten: what is printed clears it first.
	live bool
}

// queued is text that waits for stderr.
type queued struct {
	text string
	live bool            // the next live line may take its place
	done func(err error) // is called behind the write; may be nil
}

// add queues text if it fits into room bytes, and reports whether it did. Text is
// never refused while nothing else waits.
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

// start starts the goroutine where it does not run.
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

// noteDropped queues the count of the lines that were dropped since the last one.
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

// drain writes until nothing is left.
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
		if q.moved != nil {
			close(q.moved)
			q.moved = nil
		}
	}
}

// offer queues log lines and chatter. It never waits: what does not fit is dropped.
func (q *stderrQueue) offer(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.addLocked(&queued{text: text}, detailBytes) {
		q.dropLocked(text)
	}
}

// put queues a message. It waits for room while stderr takes text, and for
// StderrPatience when it takes none; then the message is dropped.
func (q *stderrQueue) put(text string) {
	for !q.add(&queued{text: text}, queueBytes) {
		if !q.waitMoved(time.Time{}) {
			q.mu.Lock()
			q.dropLocked(text)
			q.mu.Unlock()
			return
		}
	}
}

// dropLocked counts the lines of text that is not printed.
func (q *stderrQueue) dropLocked(text string) {
	q.dropped += max(1, strings.Count(text, "\n"))
}

// show queues a live line, in the place of one that still waits. A full queue shows
// none, which is no loss.
func (q *stderrQueue) show(text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.addLive(clearLine+text, detailBytes) {
		q.live = true
	}
}

// hide clears the live line, which is not shown any more.
func (q *stderrQueue) hide() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.addLive(clearLine, math.MaxInt) // also into a full queue: it is short, and the last one
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

// data writes what the user asked for. It returns when stderr has taken it, or when
// ctx ends, with its cause.
func (q *stderrQueue) data(ctx context.Context, text string) error {
	written := make(chan error, 1)
	item := &queued{text: text, done: func(err error) { written <- err }}
	for !q.add(item, queueBytes) {
		select {
		case <-q.whenMoved():
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

// flush waits until everything is written. It gives up when stderr has taken nothing
// for StderrPatience, counted from a time or later.
func (q *stderrQueue) flush(from time.Time) {
	for {
		q.mu.Lock()
		empty := !q.writing
		q.mu.Unlock()
		if empty || !q.waitMoved(from) {
			return
		}
	}
}

// waitMoved waits for the end of the write under way. It returns false when that
// began more than StderrPatience ago, and so did from.
func (q *stderrQueue) waitMoved(from time.Time) bool {
	q.mu.Lock()
	if q.since.After(from) {
		from = q.since
	}
	q.mu.Unlock()
	left := StderrPatience - time.Since(from)
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-q.whenMoved():
		return true
	case <-timer.C:
		return false
	}
}

// whenMoved returns a channel that is closed behind the write under way, or at once
// where there is none.
func (q *stderrQueue) whenMoved() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.writing {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	if q.moved == nil {
		q.moved = make(chan struct{})
	}
	return q.moved
}

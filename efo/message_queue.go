package efo

import (
	"context"
	"log/slog"
	"sync"
)

// messageQueue delivers messages in order on its own goroutine. The receiver may be slow, and the
// sender must not wait for it. It is safe for concurrent use. The zero value is ready.
type messageQueue struct {
	mu      sync.Mutex // guards the following
	pending []func()
	done    chan struct{} // closed when the queue is empty; nil without a goroutine
}

// add queues a delivery and returns at once.
func (m *messageQueue) add(deliver func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending = append(m.pending, deliver)
	if m.done == nil {
		m.done = make(chan struct{})
		go m.deliver()
	}
}

func (m *messageQueue) deliver() {
	for {
		m.mu.Lock()
		if len(m.pending) == 0 {
			close(m.done)
			m.done = nil
			m.mu.Unlock()
			return
		}
		next := m.pending[0]
		m.pending = m.pending[1:]
		m.mu.Unlock()
		next()
	}
}

// wait returns when all messages queued so far were delivered.
func (m *messageQueue) wait() {
	m.mu.Lock()
	over := m.done
	m.mu.Unlock()
	if over != nil {
		<-over
	}
}

// wrap returns a function that queues messages for info.
func (m *messageQueue) wrap(info func(string)) func(string) {
	return func(message string) { m.add(func() { info(message) }) }
}

// logger returns a logger that queues its records for log.
func (m *messageQueue) logger(log *slog.Logger) *slog.Logger {
	return slog.New(queuedHandler{log.Handler(), m})
}

// queuedHandler is a slog.Handler that queues its records.
type queuedHandler struct {
	slog.Handler
	messages *messageQueue
}

// Handle implements slog.Handler. Errors are dropped: the log has nowhere to report them.
func (h queuedHandler) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	h.messages.add(func() { _ = h.Handler.Handle(ctx, r) })
	return nil
}

// WithAttrs implements slog.Handler.
func (h queuedHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return queuedHandler{h.Handler.WithAttrs(attrs), h.messages}
}

// WithGroup implements slog.Handler.
func (h queuedHandler) WithGroup(name string) slog.Handler {
	return queuedHandler{h.Handler.WithGroup(name), h.messages}
}

package efo

import (
	"context"
	"log/slog"
	"sync"
)

// messages hands messages on in their order, on a goroutine of its own: who reads
// them may be slow, and nobody who looks after a consumer waits for that. It is safe
// for concurrent use, and the zero value is ready.
type messages struct {
	mu   sync.Mutex // guards the following
	due  []func()
	over chan struct{} // closed when all were handed on; nil without a goroutine
}

// add hands a message on soon, and does not wait for that.
func (m *messages) add(hand func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.due = append(m.due, hand)
	if m.over == nil {
		m.over = make(chan struct{})
		go m.handOn()
	}
}

func (m *messages) handOn() {
	for {
		m.mu.Lock()
		if len(m.due) == 0 {
			close(m.over)
			m.over = nil
			m.mu.Unlock()
			return
		}
		hand := m.due[0]
		m.due = m.due[1:]
		m.mu.Unlock()
		hand()
	}
}

// wait waits until all messages so far were handed on.
func (m *messages) wait() {
	m.mu.Lock()
	over := m.over
	m.mu.Unlock()
	if over != nil {
		<-over
	}
}

// to is a function that takes messages for another one, and does not wait for it.
func (m *messages) to(info func(string)) func(string) {
	return func(message string) { m.add(func() { info(message) }) }
}

// logger is a logger that does not wait for the one it logs to.
func (m *messages) logger(log *slog.Logger) *slog.Logger {
	return slog.New(laterHandler{log.Handler(), m})
}

// laterHandler is a log handler that hands records on as messages.
type laterHandler struct {
	slog.Handler
	messages *messages
}

// Handle implements slog.Handler. The log has nowhere to report its own failure.
func (h laterHandler) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	h.messages.add(func() { _ = h.Handler.Handle(ctx, r) })
	return nil
}

// WithAttrs implements slog.Handler.
func (h laterHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return laterHandler{h.Handler.WithAttrs(attrs), h.messages}
}

// WithGroup implements slog.Handler.
func (h laterHandler) WithGroup(name string) slog.Handler {
	return laterHandler{h.Handler.WithGroup(name), h.messages}
}

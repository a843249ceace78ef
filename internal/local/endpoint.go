package local

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// Endpoint is an embedded service with its streams. It is safe for concurrent use.
type Endpoint struct {
	options Options
	log     *slog.Logger
	clock   *clock
	key     []byte // seals iterators and tokens
	faults  faults

	emptyPages atomic.Uint32 // number of empty pages that a fault has returned

	server  *http.Server
	closing chan struct{}

	mu      sync.RWMutex // guards streams; each stream has its own lock
	streams map[string]*stream

	epochs struct {
		sync.Mutex                  // guards this struct; the same holds for the structs below
		last       map[string]int64 // by stream name: the latest epoch of any shard
	}

	account struct {
		sync.Mutex
		register   meter // RegisterStreamConsumer calls
		describe   meter // DescribeAccountSettings calls
		update     meter // UpdateAccountSettings calls
		commitment commitment
	}

	identities identities

	served struct {
		sync.Mutex
		counts  map[string]int
		changed chan struct{} // closed at the next change; nil if no goroutine waits
	}

	subscriptions atomic.Int64 // number of open subscriptions

	conns struct {
		sync.Mutex
		closed bool
		open   map[net.Conn]struct{}
		ended  sync.WaitGroup // open connections and running requests
	}
}

// New returns an endpoint with the streams of its options. ServeHTTP and RoundTrip work
// immediately; Serve adds a listener. Errors are about the options.
func New(o Options) (*Endpoint, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Endpoint{
		options: o,
		log:     o.Log,
		clock:   newClock(),
		key:     make([]byte, 32),
		closing: make(chan struct{}),
		streams: map[string]*stream{},
	}
	e.epochs.last = map[string]int64{}
	_, _ = rand.Read(e.key) // documented never to fail
	for _, m := range []*meter{&e.account.register, &e.account.describe, &e.account.update} {
		*m = newMeter(o.Limits, 5, 5)
	}
	e.served.counts = map[string]int{}
	e.conns.open = map[net.Conn]struct{}{}
	for _, f := range o.Faults {
		if err := e.AddFault(f); err != nil {
			return nil, err
		}
	}
	e.identities.roles = o.Roles
	for _, s := range o.Streams {
		e.newStream(s.Name, s.Shards, 0)
	}
	e.server = &http.Server{
		Handler:   http.HandlerFunc(e.serveTracked),
		Protocols: protocols(),
		ConnState: e.track,
		ErrorLog:  slog.NewLogLogger(e.log.Handler(), slog.LevelDebug),
	}
	return e, nil
}

// protocols returns HTTP/1.1 and HTTP/2. HTTP/2 works in clear text by prior knowledge and over
// TLS by ALPN.
func protocols() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return &p
}

// Serve serves HTTP/1.1 and HTTP/2 on l until Close, and then returns nil. It closes l. It may
// be called for several listeners.
func (e *Endpoint) Serve(l net.Listener) error {
	if err := e.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return nil
}

// ServeTLS is Serve over TLS, with a certificate such as one of Certificate.
func (e *Endpoint) ServeTLS(l net.Listener, c tls.Certificate) error {
	return e.Serve(tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{c},
		NextProtos:   []string{"h2", "http/1.1"},
		MinVersion:   tls.VersionTLS12,
	}))
}

// Close closes all listeners, connections, subscriptions and pending answers. It returns when
// the goroutines of the connections have ended. It may be called more than once.
func (e *Endpoint) Close() error {
	e.conns.Lock()
	if !e.conns.closed {
		e.conns.closed = true
		close(e.closing)
	}
	e.conns.Unlock()

	err := e.server.Close()
	e.conns.Lock()
	for c := range e.conns.open {
		_ = c.Close()
	}
	e.conns.Unlock()
	e.conns.ended.Wait()
	return err
}

// track records the open connections. http.Server.Close misses a connection that is accepted
// while it runs.
func (e *Endpoint) track(c net.Conn, s http.ConnState) {
	e.conns.Lock()
	defer e.conns.Unlock()
	switch s {
	case http.StateNew:
		e.conns.open[c] = struct{}{}
		e.conns.ended.Add(1)
		if e.conns.closed {
			_ = c.Close()
		}
	case http.StateClosed, http.StateHijacked:
		delete(e.conns.open, c)
		e.conns.ended.Done()
	}
}

// serveTracked is ServeHTTP for requests over a connection. It counts the request, because an
// HTTP/2 request can outlive its connection.
func (e *Endpoint) serveTracked(w http.ResponseWriter, r *http.Request) {
	e.conns.Lock()
	if e.conns.closed {
		e.conns.Unlock()
		panic(http.ErrAbortHandler)
	}
	e.conns.ended.Add(1)
	e.conns.Unlock()
	defer e.conns.ended.Done()
	e.ServeHTTP(w, r)
}

// Served returns the number of calls of an operation that were answered so far, including
// errors and faults. A call is counted before its answer is sent, so a client that has the
// answer finds it counted.
func (e *Endpoint) Served(op string) int {
	e.served.Lock()
	defer e.served.Unlock()
	return e.served.counts[op]
}

// WaitServed waits until Served(op) is at least n, counted from the start of the endpoint. It
// returns the cause of ctx if ctx ends first, and an error if the endpoint is closed.
func (e *Endpoint) WaitServed(ctx context.Context, op string, n int) error {
	for {
		e.served.Lock()
		if e.served.counts[op] >= n {
			e.served.Unlock()
			return nil
		}
		if e.served.changed == nil {
			e.served.changed = make(chan struct{})
		}
		changed, count := e.served.changed, e.served.counts[op]
		e.served.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %d calls of %s, had %d: %w", n, op, count, context.Cause(ctx))
		case <-e.closing:
			return fmt.Errorf("wait for %d calls of %s, had %d: endpoint closed", n, op, count)
		}
	}
}

func (e *Endpoint) count(op string) {
	e.served.Lock()
	defer e.served.Unlock()
	e.served.counts[op]++
	if e.served.changed != nil {
		close(e.served.changed)
		e.served.changed = nil
	}
}

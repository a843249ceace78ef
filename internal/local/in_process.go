package local

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// RoundTrip answers a request without a network. An Endpoint is therefore an http.RoundTripper:
// &http.Client{Transport: endpoint} reaches it at any address. The body of the answer is
// produced only as fast as it is read. Closing it ends a subscription. If the endpoint would
// break the connection, or is closed, the body ends with io.ErrUnexpectedEOF.
func (e *Endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	served := r.Clone(ctx)
	if served.Body == nil {
		served.Body = http.NoBody
	}
	reader, writer := io.Pipe()
	p := &piped{
		body:  writer,
		begun: make(chan struct{}),
		response: &http.Response{
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1,
			Body: &pipedBody{reader, cancel}, Request: r,
		},
		header: http.Header{},
	}
	go func() {
		defer cancel()
		p.end(served, e.run(p, served))
	}()
	go func() { // unblocks a handler that waits for its reader
		select {
		case <-ctx.Done():
		case <-e.closing:
		}
		_ = writer.CloseWithError(broken(r.Context()))
	}()
	select {
	case <-p.begun:
	case <-r.Context().Done():
		cancel()
		return nil, r.Context().Err()
	}
	if p.response.StatusCode == 0 {
		return nil, p.failed
	}
	return p.response, nil
}

// run serves a request. Its error is io.EOF, or another one if the connection would break.
func (e *Endpoint) run(p *piped, r *http.Request) (err error) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if e, ok := cause.(error); !ok || !errors.Is(e, http.ErrAbortHandler) {
			panic(cause)
		}
		err = broken(r.Context())
	}()
	e.ServeHTTP(p, r)
	p.WriteHeader(http.StatusOK)
	return io.EOF
}

// broken returns the error that a client gets for an answer that ends too early.
func broken(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}

// piped is the http.ResponseWriter of a request without a network. response and failed are
// complete when begun is closed.
type piped struct {
	header   http.Header
	body     *io.PipeWriter
	response *http.Response
	failed   error // set if there is no response
	begun    chan struct{}
}

func (p *piped) Header() http.Header { return p.header }

func (p *piped) WriteHeader(status int) {
	if p.response.StatusCode != 0 {
		return
	}
	p.response.StatusCode, p.response.Status = status, http.StatusText(status)
	p.response.Header = p.header.Clone()
	close(p.begun)
}

func (p *piped) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(b)
}

// Flush sends the header. Written data needs no flush: a write returns after it was read.
func (p *piped) Flush() { p.WriteHeader(http.StatusOK) }

func (p *piped) end(r *http.Request, err error) {
	_ = r.Body.Close()
	_ = p.body.CloseWithError(err)
	if p.response.StatusCode == 0 {
		p.failed = err
		close(p.begun)
	}
}

// pipedBody is the body of an answer. Close ends the context of the request.
type pipedBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *pipedBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}

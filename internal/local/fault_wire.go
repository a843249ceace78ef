package local

import (
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// before applies the part of a scripted fault that comes before the call. answered means that
// the fault has already sent the answer.
func (e *Endpoint) before(w http.ResponseWriter, r *http.Request, op string, s script) (answered bool) {
	if s.delay > 0 {
		t := time.NewTimer(s.delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		case <-e.closing:
			panic(http.ErrAbortHandler)
		}
	}
	switch s.kind {
	case "reset":
		reset(w)
	case "garbage":
		const body = "{\"Records\":[{\"Data\":\"\x00\xff\xfe\x7f]]}} \x01\x02 not JSON"
		write(w, http.StatusOK, jsonType, []byte(body))
	case "html":
		const body = "<html><head><title>503 Service Unavailable</title></head>\n<body><h1>503 Service Unavailable</h1>\n" +
			"No server is available to handle this request.\n</body></html>\n"
		write(w, http.StatusServiceUnavailable, "text/html", []byte(body))
	default:
		return false
	}
	e.count(op)
	return true
}

// reset ends the connection with a TCP reset and no answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 and RoundTrip cannot be hijacked: abort the answer
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// breakAnswer sends half of the answer and breaks the connection. With stall it first waits
// until the client disconnects.
func (e *Endpoint) breakAnswer(w http.ResponseWriter, r *http.Request, c *call, err error) {
	status := c.status(err)
	if len(c.out) == 0 {
		c.out = append(c.out, "{}"...) // half of an empty body is all of it
	}
	head(w, status, c.media(), len(c.out))
	_, _ = w.Write(c.out[:len(c.out)/2])
	flush(w)
	e.count(c.op)
	if c.script.kind == "stall" {
		select {
		case <-r.Context().Done():
		case <-e.closing:
		}
	}
	panic(http.ErrAbortHandler)
}

// serveHooks serves the requests that are not Kinesis's:
//
//	GET    /_kin/fault   returns the scripted faults, one a line, with the calls left
//	POST   /_kin/fault   adds the fault in the body
//	DELETE /_kin/fault   removes all faults
//
// They need no credentials.
func (e *Endpoint) serveHooks(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/_kin/fault" {
		http.NotFound(w, r)
		return
	}
	switch r.Method {
	case http.MethodGet:
		for _, spec := range e.faults.specs() {
			_, _ = io.WriteString(w, spec+"\n")
		}
	case http.MethodPost:
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		if err == nil {
			err = e.AddFault(strings.TrimSpace(string(body)))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	case http.MethodDelete:
		e.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, POST, DELETE")
		http.Error(w, "want GET, POST or DELETE", http.StatusMethodNotAllowed)
	}
}

package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// proxy is the HTTP proxy of a script. It sends requests for any host to the script's endpoint.
type proxy struct {
	*httptest.Server
	forward  http.Handler
	endpoint string // host and port

	mu       sync.Mutex // guards the following
	mode     string     // forward, mitm, garbage, close, hangup, plain, or an HTTP status
	requests int        // since the mode was set
}

type proxyKey struct{}

// verbProxy implements proxy MODE. It starts the script's proxy, sets $PROXY to its address, and
// sets its mode.
func verbProxy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: proxy forward|mitm|garbage|close|hangup|plain|STATUS")
	}
	p, running := ts.Value(proxyKey{}).(*proxy)
	if !running || p.Server == nil {
		u, err := url.Parse(ts.Getenv("AWS_ENDPOINT_URL_KINESIS"))
		ts.Check(err)
		if p == nil {
			ts.Fatalf("the script has no proxy")
		}
		p.endpoint, p.forward = u.Host, httputil.NewSingleHostReverseProxy(u)
		p.Server = httptest.NewServer(p)
		ts.Defer(p.Server.Close)
		ts.Setenv("PROXY", p.Listener.Addr().String())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode, p.requests = args[0], 0
}

// verbProxied implements proxied N. It requires that the proxy received N requests.
func verbProxied(ts *testscript.TestScript, neg bool, args []string) {
	p, ok := ts.Value(proxyKey{}).(*proxy)
	if neg || len(args) != 1 || !ok {
		ts.Fatalf("usage: proxied N")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.requests != n {
		ts.Fatalf("the proxy received %d requests, want %d", p.requests, n)
	}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	mode := p.mode
	p.requests++
	p.mu.Unlock()
	if status, err := strconv.Atoi(mode); err == nil {
		if status == http.StatusProxyAuthRequired {
			w.Header().Set("Proxy-Authenticate", `Basic realm="corp"`)
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><body>no</body></html>")
		return
	}
	if r.Method != http.MethodConnect {
		w.Header().Set("Via", "1.1 corp")
		p.forward.ServeHTTP(w, r)
		return
	}
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	switch mode {
	case "garbage":
		_, _ = fmt.Fprint(client, "220 mail.corp ESMTP\r\n")
		return
	case "close":
		return
	}
	_, _ = fmt.Fprint(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	switch mode {
	case "hangup":
		return
	case "plain":
		_, _ = client.Read(make([]byte, 1<<10)) // the client sends first
		_, _ = fmt.Fprint(client, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
		return
	}
	if mode == "mitm" {
		certificate := httptest.NewUnstartedServer(nil)
		certificate.StartTLS()
		config := certificate.TLS.Clone()
		certificate.Close()
		_ = tls.Server(client, config).HandshakeContext(r.Context())
		return
	}
	server, err := net.Dial("tcp", p.endpoint)
	if err != nil {
		return
	}
	defer server.Close()
	go func() { _, _ = io.Copy(server, client) }()
	_, _ = io.Copy(client, server)
}

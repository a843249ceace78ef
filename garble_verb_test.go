package main

import (
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"
)

// verbGarble implements garble BODY. It starts a server that answers every call with 200 and
// BODY, and sets $GARBLED to its address.
func verbGarble(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: garble BODY")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = io.WriteString(w, args[0])
	}))
	ts.Defer(server.Close)
	ts.Setenv("GARBLED", server.URL)
	ts.Setenv("AWS_ENDPOINT_URL_KINESIS", server.URL)
	ts.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
}

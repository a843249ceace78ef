package cmd

import (
	"bytes"
	"context"
	"net/http/httptest"
	"syscall"
	"testing"

	"kin/cmd/internal/console"
	"kin/internal/local"
)

// On a terminal a watch clears the screen once, and then draws each measurement over the
// last one. A signal ends it.
func TestLagWatchRedrawsOnATerminal(t *testing.T) {
	endpoint, err := local.New(local.Options{Streams: []local.StreamSpec{{Name: "orders", Shards: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(endpoint)
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_KINESIS": server.URL, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "kin", "AWS_SECRET_ACCESS_KEY": "kin", "XDG_CONFIG_HOME": t.TempDir(), "TERM": "xterm", "NO_COLOR": "1",
	} {
		t.Setenv(name, value)
	}
	tty, screen := terminal(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	shown := make(chan []byte, 1)
	go func() {
		shown <- readUntil(screen, "\x1b[J", 2)
		cancel(console.SignalError{Signal: syscall.SIGINT})
	}()
	done := make(chan int, 1)
	go func() {
		done <- Main(ctx, []string{"lag", "orders", "--from", "trim_horizon", "--watch", "1s"}, console.Streams{In: tty, Out: tty, Err: tty})
	}()
	wantExit(t, done, 130)
	text := <-shown
	for what, want := range map[string]int{"\x1b[2J": 1, "\x1b[H": 2, "SHARD  ": 2, "shardId-000000000001  reading  0s ": 2, "▁▁ ": 2, " orders: behind max 0s, avg 0s, min 0s": 2} {
		if n := bytes.Count(text, []byte(what)); n != want {
			t.Errorf("%q is on the screen %d times, want %d", what, n, want)
		}
	}
}

package cmd

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kin/cmd/internal/console"
	"kin/internal/local"
)

// On a terminal kin prints the difference and asks. Only yes changes the file.
func TestCheckpointResetAsksOnATerminal(t *testing.T) {
	endpoint, err := local.New(local.Options{Streams: []local.StreamSpec{{Name: "orders", Shards: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(endpoint)
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_KINESIS": server.URL, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "kin", "AWS_SECRET_ACCESS_KEY": "kin", "XDG_CONFIG_HOME": t.TempDir(),
	} {
		t.Setenv(name, value)
	}
	for _, test := range []struct {
		answer string // typed text; "stop" sends a signal
		moved  bool
		code   int
	}{
		{"y\n", true, console.ExitOK},
		{"n\n", false, console.ExitFailed},
		{"\n", false, console.ExitFailed},
		{"\x04", false, console.ExitFailed},
		{"stop", false, 130},
	} {
		t.Run(test.answer, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.json")
			var out, messages bytes.Buffer
			if code := Main(t.Context(), []string{"read", "orders", "--checkpoint", path, "--available-now"}, console.Streams{Out: &out, Err: &messages}); code != 0 {
				t.Fatal(messages.String())
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			tty, screen := terminal(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			shown := answer(t, screen, test.answer, cancel)
			done := make(chan int, 1)
			go func() {
				done <- Main(ctx, []string{"checkpoint", "reset", path, "--to", "trim_horizon"}, console.Streams{In: tty, Out: tty, Err: tty})
			}()
			wantExit(t, done, test.code)
			if text := <-shown; !strings.Contains(text, "shardId-000000000000") || !strings.Contains(text, "kin: move "+path+" as shown? [y/N] ") {
				t.Errorf("shown %q", text)
			}
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			backups, err := filepath.Glob(path + ".*.bak")
			if moved := !bytes.Equal(before, after); err != nil || moved != test.moved || (len(backups) == 1) != test.moved {
				t.Errorf("moved %t, backups %v, %v; want %t", moved, backups, err, test.moved)
			}
		})
	}
}

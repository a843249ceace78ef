package cmd

import (
	"context"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"kin/cmd/internal/console"
	"kin/internal/local"
)

// leakedGoroutines returns the stacks of the goroutines of package cmd, without those of
// tests. It gives them a second to end.
func leakedGoroutines() string {
	var found []string
	for range 50 {
		buffer := make([]byte, 4<<20)
		found = nil
		for stack := range strings.SplitSeq(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
			if strings.Contains(stack, "kin/cmd.") && !strings.Contains(stack, "testing.tRunner") && !strings.Contains(stack, "_test.go") {
				found = append(found, stack)
			}
		}
		if len(found) == 0 {
			return ""
		}
		time.Sleep(20 * time.Millisecond)
	}
	return strings.Join(found, "\n\n")
}

// A run leaves no goroutine behind, whether it ends by itself or is stopped.
func TestFault19ARunLeavesNoGoroutineBehind(t *testing.T) {
	url := serve(t, local.Options{Streams: []local.StreamSpec{{Name: "orders", Shards: 1}, {Name: "copy", Shards: 1}}})
	for _, variable := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(variable, "kin")
	}
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ENDPOINT_URL_KINESIS", url)
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, args := range []string{
		"write orders --report --partition-key k",
		"read orders --from trim_horizon --available-now",
		"read orders --efo --from trim_horizon --available-now",
		"copy orders copy --from trim_horizon --available-now",
		"shards orders", "streams", "lag orders --from 15m", "consumers list orders",
		"write orders --dry-run",
	} {
		t.Run(args, func(t *testing.T) {
			out, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			var messages strings.Builder
			code := Main(t.Context(), strings.Fields(args), console.Streams{In: strings.NewReader("one\n"), Out: in, Err: &messages})
			if code != console.ExitOK {
				t.Errorf("exit code %d: %s", code, messages.String())
			}
			if stacks := leakedGoroutines(); stacks != "" {
				t.Errorf("goroutines are left:\n%s", stacks)
			}
			if err := in.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	for _, args := range []string{"lag orders --from 15m --watch 1s", "tail orders", "read orders --metrics-listen 127.0.0.1:0"} {
		t.Run(args, func(t *testing.T) {
			out, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(300*time.Millisecond, func() { cancel(console.SignalError{Signal: syscall.SIGTERM}) })
			if code := Main(ctx, strings.Fields(args), console.Streams{In: strings.NewReader(""), Out: in, Err: io.Discard}); code != 143 {
				t.Errorf("exit code %d", code)
			}
			if stacks := leakedGoroutines(); stacks != "" {
				t.Errorf("goroutines are left:\n%s", stacks)
			}
			if err := in.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

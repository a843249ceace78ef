package cmd

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"kin/cmd/internal/console"
	"kin/internal/local"
)

// On a terminal kin prints the consumers to remove and asks. Only yes removes them.
func TestRemovingConsumersAsksOnATerminal(t *testing.T) {
	const ephemeral = "kin_tmp_11111111-2222-4333-8444-aaaaaaaaaaaa"
	for _, test := range []struct {
		args    []string
		answer  string // typed text; "stop" sends a signal
		removed bool
		code    int
	}{
		{[]string{"deregister", "orders", ephemeral, "kin_gone"}, "y\n", true, console.ExitOK},
		{[]string{"deregister", "orders", ephemeral}, "YES\n", true, console.ExitOK},
		{[]string{"deregister", "orders", ephemeral}, "n\n", false, console.ExitFailed},
		{[]string{"deregister", "orders", ephemeral}, "\n", false, console.ExitFailed},
		{[]string{"deregister", "orders", ephemeral}, "yesterday\n", false, console.ExitFailed},
		{[]string{"deregister", "orders", ephemeral}, "\x04", false, console.ExitFailed},
		{[]string{"deregister", "orders", ephemeral}, "stop", false, 130},
		{[]string{"prune", "orders", "--older-than", "0s"}, "y\n", true, console.ExitOK},
		{[]string{"prune", "orders", "--older-than", "0s"}, "n\n", false, console.ExitFailed},
	} {
		t.Run(strings.Join(append(test.args, test.answer), " "), func(t *testing.T) {
			run := consumersOfOrders(t, local.Options{})
			var out, messages bytes.Buffer
			if code := run(t.Context(), console.Streams{Out: &out, Err: &messages}, "register", "orders", ephemeral); code != 0 {
				t.Fatal(messages.String())
			}

			tty, screen := terminal(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			shown := answer(t, screen, test.answer, cancel)
			done := make(chan int, 1)
			out.Reset()
			go func() { done <- run(ctx, console.Streams{In: tty, Out: &out, Err: tty}, test.args...) }()
			wantExit(t, done, test.code)
			if text := <-shown; !strings.Contains(text, ephemeral) || !strings.Contains(text, "kin: remove 1 consumer of orders? [y/N] ") {
				t.Errorf("shown %q", text)
			}
			out.Reset()
			messages.Reset()
			code := run(t.Context(), console.Streams{Out: &out, Err: &messages}, "describe", "orders", ephemeral)
			if removed := code == console.ExitNotFound; removed != test.removed {
				t.Errorf("gone %t, want %t: %s", removed, test.removed, messages.String())
			}
		})
	}
}

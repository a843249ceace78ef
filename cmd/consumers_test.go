package cmd

import (
	"bytes"
	"context"
	"net/http/httptest"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"kin/cmd/internal/console"
	"kin/cmd/internal/consumers"
	"kin/internal/local"
)

// consumersOfOrders starts an endpoint with the stream orders. It returns a function that
// runs kin consumers against it.
func consumersOfOrders(t *testing.T, o local.Options) func(ctx context.Context, s console.Streams, args ...string) int {
	t.Helper()
	o.Streams = []local.StreamSpec{{Name: "orders", Shards: 1}}
	endpoint, err := local.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(endpoint)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_KINESIS": server.URL, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "kin", "AWS_SECRET_ACCESS_KEY": "kin", "XDG_CONFIG_HOME": t.TempDir(),
	} {
		t.Setenv(name, value)
	}
	return func(ctx context.Context, s console.Streams, args ...string) int {
		return Main(ctx, append([]string{"consumers"}, args...), s)
	}
}

// watchedText is a stderr that calls a function once, when text was written to it.
type watchedText struct {
	written []byte
	text    string
	call    func()
}

func (h *watchedText) Write(b []byte) (int, error) {
	h.written = append(h.written, b...)
	if h.call != nil && strings.Contains(h.String(), h.text) {
		h.call()
		h.call = nil
	}
	return len(b), nil
}

func (h *watchedText) String() string { return string(h.written) }

var consumerLine = regexp.MustCompile(`^arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/kin_a:[0-9]+\n$`)

// A consumer does not become ACTIVE, or disappear, at once. register and deregister wait
// for that, and report it once.
func TestRegisterAndDeregisterWaitForTheStatus(t *testing.T) {
	const delay = 400 * time.Millisecond
	run := consumersOfOrders(t, local.Options{ConsumerCreatingDelay: delay, ConsumerDeletingDelay: delay})
	var out, messages bytes.Buffer
	step := func(args ...string) (code int, took time.Duration) {
		out.Reset()
		messages.Reset()
		began := time.Now()
		code = run(t.Context(), console.Streams{Out: &out, Err: &messages}, args...)
		return code, time.Since(began)
	}

	code, took := step("register", "orders", "kin_a")
	want := "kin: consumer kin_a of orders: it is CREATING: waiting until it is ACTIVE\nkin: " + consumers.Billed + "\nkin: remove it with: kin consumers deregister orders kin_a\n"
	if code != 0 || took < delay || messages.String() != want || !consumerLine.MatchString(out.String()) {
		t.Errorf("register: exit code %d after %s, %q, %q", code, took, out.String(), messages.String())
	}
	first := out.String()
	if code, took = step("register", "orders", "kin_a"); code != 0 || took > delay || out.String() != first {
		t.Errorf("register again: exit code %d after %s, %q", code, took, messages.String())
	}

	// While the consumer is DELETING, register waits until it is gone.
	done := make(chan int, 1)
	deleting := &watchedText{text: "it is DELETING", call: func() {
		go func() {
			var out, messages bytes.Buffer
			code := run(t.Context(), console.Streams{Out: &out, Err: &messages}, "register", "orders", "kin_a")
			if !strings.Contains(messages.String(), "it is DELETING: waiting until it is gone, to register it again") ||
				!consumerLine.MatchString(out.String()) || out.String() == first {
				t.Errorf("register one that is DELETING: %q, %q", out.String(), messages.String())
			}
			done <- code
		}()
	}}
	if code := run(t.Context(), console.Streams{Out: &out, Err: deleting}, "deregister", "orders", "kin_a", "--yes"); code != 0 {
		t.Errorf("deregister: exit code %d, %q", code, deleting.String())
	}
	if code := <-done; code != 0 {
		t.Errorf("register one that is DELETING: exit code %d", code)
	}

	// While the consumer is CREATING, deregister waits until it can be removed.
	creating := &watchedText{text: "it is CREATING", call: func() {
		go func() {
			var out, messages bytes.Buffer
			done <- run(t.Context(), console.Streams{Out: &out, Err: &messages}, "deregister", "orders", "kin_b", "--yes")
			if !strings.Contains(messages.String(), "it is CREATING: waiting until it can be removed") ||
				!strings.Contains(messages.String(), "deregistered consumer kin_b of orders") {
				t.Errorf("deregister one that is CREATING: %q", messages.String())
			}
			done <- 0
		}()
	}}
	if code := run(t.Context(), console.Streams{Out: &out, Err: creating}, "register", "orders", "kin_b"); code != 0 {
		t.Errorf("register: exit code %d, %q", code, creating.String())
	}
	if code := <-done; code != 0 {
		t.Errorf("deregister one that is CREATING: exit code %d", code)
	}
	<-done
}

// All consumers are DELETING before the first one is gone.
func TestConsumersAreRemovedInParallel(t *testing.T) {
	run := consumersOfOrders(t, local.Options{ConsumerDeletingDelay: 2 * time.Second})
	args := []string{"deregister", "orders", "--yes"}
	for _, name := range []string{"kin_a", "kin_b", "kin_c"} {
		if code := run(t.Context(), console.Streams{Out: &watchedText{}, Err: &watchedText{}}, "register", "orders", name); code != 0 {
			t.Fatalf("register %s: exit code %d", name, code)
		}
		args = append(args, name)
	}
	messages := &watchedText{}
	if code := run(t.Context(), console.Streams{Out: &watchedText{}, Err: messages}, args...); code != 0 {
		t.Errorf("exit code %d", code)
	}
	before, _, removed := strings.Cut(messages.String(), "deregistered consumer")
	if n := strings.Count(before, "it is DELETING: waiting until it is gone"); n != 3 || !removed {
		t.Errorf("%d of 3 were DELETING before one was gone: %q", n, messages.String())
	}
}

// A run that is stopped while it waits for a consumer reports that the consumer may exist.
func TestAStoppedRegistrationIsReported(t *testing.T) {
	run := consumersOfOrders(t, local.Options{ConsumerCreatingDelay: time.Hour})
	ctx, cancel := context.WithCancelCause(t.Context())
	var out bytes.Buffer
	messages := &watchedText{text: "it is CREATING", call: func() { cancel(console.SignalError{Signal: syscall.SIGTERM}) }}
	code := run(ctx, console.Streams{Out: &out, Err: messages}, "register", "orders", "kin_a")
	want := "kin: consumer kin_a of orders: it is CREATING: waiting until it is ACTIVE\nkin: consumer kin_a may have been registered\nkin: " +
		consumers.Billed + "\nkin: remove it with: kin consumers deregister orders kin_a\n"
	if code != 143 || messages.String() != want || out.Len() > 0 {
		t.Errorf("exit code %d, %q, %q", code, out.String(), messages.String())
	}
}

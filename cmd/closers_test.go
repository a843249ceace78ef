package cmd

import (
	"bytes"
	"context"
	"errors"
	"net"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"

	"kin/cmd/internal/console"
	"kin/internal/awsclient"
	"kin/internal/checkpoint"
	"kin/internal/closing"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

func TestFault09ClosersCloseInReverseOrder(t *testing.T) {
	var order []string
	var files closing.Closers
	boom := errors.New("close metrics.json: no space left on device")
	files.Add(func() error { order = append(order, "lock"); return nil })
	files.Add(func() error { order = append(order, "metrics"); return boom })
	files.Add(func() error { order = append(order, "server"); return nil })
	if err := files.Close(); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	if want := []string{"server", "metrics", "lock"}; !reflect.DeepEqual(order, want) {
		t.Errorf("closed in the order %q, want %q", order, want)
	}
	if err := files.Close(); err != nil || len(order) != 3 {
		t.Errorf("closed again: %q, %v", order, err)
	}
}

func TestFault09AFileThatCannotBeClosedFailsTheRun(t *testing.T) {
	boom, failed := errors.New("close metrics.json: no space left on device"), errors.New("the run failed")
	for name, test := range map[string]struct {
		result, closing error
		code            int
		messages        string
	}{
		"nothing failed":      {nil, nil, console.ExitOK, ""},
		"the close alone":     {nil, boom, console.ExitFailed, "kin: close metrics.json: no space left on device\n"},
		"after a closed pipe": {console.ErrStdoutClosed, boom, console.ExitFailed, "kin: close metrics.json: no space left on device\n"},
		"after a failed run":  {failed, boom, console.ExitFailed, "kin: close metrics.json: no space left on device\nkin: the run failed\n"},
		"after a signal":      {console.SignalError{Signal: syscall.SIGTERM}, boom, 143, "kin: close metrics.json: no space left on device\n"},
		"the lock is held":    {&checkpoint.HeldError{Path: "c.json"}, nil, console.ExitHeld, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var messages bytes.Buffer
			e := newEnv(console.Streams{Err: &messages})
			code := e.report(t.Context(), e.closed(t.Context(), test.result, test.closing))
			e.Stderr.Flush()
			if code != test.code || test.code != console.ExitHeld && messages.String() != test.messages {
				t.Errorf("got %d and %q, want %d and %q", code, messages.String(), test.code, test.messages)
			}
		})
	}
}

// isHeld reports whether a checkpoint is locked.
func isHeld(t *testing.T, path string) bool {
	t.Helper()
	h, err := checkpoint.Open(path)
	var held *checkpoint.HeldError
	if errors.As(err, &held) {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	return false
}

// serve starts an endpoint on loopback and returns its URL.
func serve(t *testing.T, o local.Options) string {
	t.Helper()
	endpoint, err := local.New(o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- endpoint.Serve(listener) }()
	t.Cleanup(func() {
		if err := endpoint.Close(); err != nil {
			t.Error(err)
		}
		<-served
	})
	return "http://" + listener.Addr().String()
}

// The output and the metrics file are closed while the checkpoint is still locked, whether
// the run fails or not.
func TestFault09TheLockIsReleasedLast(t *testing.T) {
	url := serve(t, local.Options{Streams: []local.StreamSpec{{Name: "orders", Shards: 1}}})
	boom := errors.New("boom")
	for name, want := range map[string]error{"complete": nil, "failed": boom} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "c.json")
			o := defaultReadOptions()
			o.streams = []string{"orders"}
			o.checkpoint.Text, o.metrics.Text = path, filepath.Join(folder, "metrics.json")
			o.AvailableNow = true
			ro, err := o.reader()
			if err != nil {
				t.Fatal(err)
			}
			ro.Encode = func(dst []byte, _ record.Record) ([]byte, error) { return dst, nil }
			closed := false
			e := newEnv(console.Streams{Err: &bytes.Buffer{}})
			err = readInto(t.Context(), e, o, service.Client{API: awsclient.NewLocal(url), Endpoint: url}, ro, sink{
				open: func(ctx context.Context, _ *reader.Reader) (func(*reader.Batch) error, context.Context, error) {
					return func(*reader.Batch) error { return nil }, ctx, nil
				},
				close: func(result error) error {
					closed = true
					if !isHeld(t, path) {
						t.Error("the checkpoint was released before the output was closed")
					}
					return errors.Join(result, want)
				},
			})
			if !errors.Is(err, want) || want == nil && err != nil || !closed {
				t.Errorf("got %v, closed %v", err, closed)
			}
			if isHeld(t, path) {
				t.Error("the checkpoint is still held")
			}

			var files closing.Closers
			if err := o.openFiles(t.Context(), e, &ro, &files); err != nil {
				t.Fatal(err)
			}
			if err := ro.Positions.Release(t.Context()); err != nil || !isHeld(t, path) {
				t.Errorf("the reader's run releases the lock: %v", err)
			}
			metrics := files[len(files)-1]
			files[len(files)-1] = func() error {
				if !isHeld(t, path) {
					t.Error("the checkpoint was released before the metrics file was closed")
				}
				return metrics()
			}
			if err := files.Close(); err != nil || isHeld(t, path) {
				t.Errorf("still held, or %v", err)
			}
		})
	}
}

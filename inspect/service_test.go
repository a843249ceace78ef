package inspect

import (
	"context"
	"errors"
	"testing"
	"time"

	"kin/reader"
)

var errTimeIsUp = errors.New("time is up")

func readInto(t testing.TB, client reader.Client, d time.Duration, o reader.Options, handle func(*reader.Batch) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, errTimeIsUp)
	defer cancel()
	r, err := reader.New(client, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx, reader.HandlerOf(handle)); !errors.Is(err, errTimeIsUp) {
		return err
	}
	return nil
}

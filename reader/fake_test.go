package reader

import (
	"context"
	"strings"
	"testing"

	"kin/internal/record"
)

// testOptions reads the stream orders from its start. It encodes a record as its payload and a
// space.
func testOptions() Options {
	o := DefaultOptions()
	o.Streams = []string{"orders"}
	o.InitialPosition = record.Position{Kind: record.TrimHorizon}
	o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
		return append(append(dst, r.Data...), ' '), nil
	}
	return o
}

// collectRun runs a reader to its end and returns what it wrote, batch by batch.
func collectRun(ctx context.Context, t *testing.T, client Client, o Options) (batches []string, err error) {
	t.Helper()
	r, err := New(client, o)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Run(ctx, HandlerOf(func(b *Batch) error {
		var text strings.Builder
		for _, block := range b.Blocks {
			text.Write(block.Data)
		}
		batches = append(batches, strings.TrimSpace(text.String()))
		return nil
	}))
	return batches, err
}

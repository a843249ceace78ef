package inspect

import (
	"context"
	"strings"
	"testing"

	"kin/internal/record"
	"kin/reader"
)

// testOptions reads the stream orders from its start. It encodes a record as its payload and a
// space.
func testOptions() reader.Options {
	o := reader.DefaultOptions()
	o.Streams = []string{"orders"}
	o.InitialPosition = record.Position{Kind: record.TrimHorizon}
	o.Encode = func(dst []byte, r record.Record) ([]byte, error) {
		return append(append(dst, r.Data...), ' '), nil
	}
	return o
}

// collectRun runs a reader to its end and returns what it wrote, batch by batch.
func collectRun(ctx context.Context, t *testing.T, client reader.Client, o reader.Options) (batches []string, err error) {
	t.Helper()
	r, err := reader.New(client, o)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Run(ctx, reader.HandlerOf(func(b *reader.Batch) error {
		var text strings.Builder
		for _, block := range b.Blocks {
			text.Write(block.Data)
		}
		batches = append(batches, strings.TrimSpace(text.String()))
		return nil
	}))
	return batches, err
}

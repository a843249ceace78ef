package input

import (
	"context"

	"kin/internal/record"
	"kin/writer"
)

// aggregateRecords and aggregateBytes limit how much gets the same random key: about the
// content of one aggregate.
const (
	aggregateRecords = 500
	aggregateBytes   = 48 << 10
)

// SharedKeys returns a function that sets random partition keys for records that will be
// aggregated. Consecutive records share a key, because an aggregate has only one.
func SharedKeys() func(context.Context, *record.Record) error {
	key, records, bytes := "", 0, 0
	return func(_ context.Context, r *record.Record) error {
		if records++; key == "" || records > aggregateRecords || bytes+len(r.Data) > aggregateBytes {
			key, records, bytes = writer.RandomKey(), 1, 0
		}
		bytes += len(r.Data)
		r.PartitionKey = key
		return nil
	}
}

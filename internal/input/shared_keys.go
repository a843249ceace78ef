package input

import (
	"context"

	"kin/internal/record"
	"kin/writer"
)

// aggregateRecords and aggregateBytes are how much goes under one random key
// when records are to be aggregated: about as much as an aggregate holds.
const (
	aggregateRecords = 500
	aggregateBytes   = 48 << 10
)

// SharedKeys gives random partition keys to records that have none and are to be
// aggregated: records of one aggregate have one key.
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

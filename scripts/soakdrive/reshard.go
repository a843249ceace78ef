package main

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Limits on the number of open shards, around the number at the start.
const (
	minShards = 10
	maxShards = 24
)

// reshard splits and merges shards of the stream at random.
func (d *drive) reshard(ctx context.Context) error { return d.reshardOf(ctx, d.stream, d.random(2)) }

// reshardCopy splits and merges shards of the destination at random.
func (d *drive) reshardCopy(ctx context.Context) error {
	return d.reshardOf(ctx, copyStream, d.random(5))
}

func (d *drive) reshardOf(ctx context.Context, stream string, r *rand.Rand) error {
	for d.sleep(ctx, between(r, 2*time.Second, 8*time.Second)) {
		all, err := d.endpoint.shards(ctx, stream)
		if err != nil {
			return err
		}
		open := slices.DeleteFunc(all, func(s shard) bool { return !s.open() })
		slices.SortFunc(open, func(a, b shard) int {
			return number(a.HashKeyRange.StartingHashKey).Cmp(number(b.HashKeyRange.StartingHashKey))
		})
		split := r.IntN(2) == 0
		i := r.IntN(len(open) - 1)
		if split && len(open) < maxShards || len(open) <= minShards {
			err = d.split(ctx, stream, open[i], int64(1+r.IntN(7)))
		} else {
			err = d.merge(ctx, stream, open[i], open[i+1])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// split splits a shard after the given number of eighths of its hash keys.
func (d *drive) split(ctx context.Context, stream string, s shard, eighths int64) error {
	first, last := number(s.HashKeyRange.StartingHashKey), number(s.HashKeyRange.EndingHashKey)
	width := new(big.Int).Sub(last, first)
	if width.Cmp(big.NewInt(1000)) < 0 {
		return nil
	}
	middle := width.Mul(width, big.NewInt(eighths))
	middle.Rsh(middle, 3).Add(middle, first)
	d.count("splits", 1)
	return d.endpoint.Call(ctx, "SplitShard", map[string]any{
		"StreamName": stream, "ShardToSplit": s.ShardID, "NewStartingHashKey": middle.String(),
	}, nil)
}

func (d *drive) merge(ctx context.Context, stream string, a, b shard) error {
	d.count("merges", 1)
	return d.endpoint.Call(ctx, "MergeShards", map[string]any{
		"StreamName": stream, "ShardToMerge": a.ShardID, "AdjacentShardToMerge": b.ShardID,
	}, nil)
}

func number(decimal string) *big.Int {
	n, ok := new(big.Int).SetString(decimal, 10)
	if !ok {
		panic(fmt.Sprintf("not a number: %q", decimal))
	}
	return n
}

// dump writes all shards and all records of the stream to files.
func (d *drive) dump(ctx context.Context) error { return d.dumpOf(ctx, d.stream, "") }

// dumpCopy writes those of the destination.
func (d *drive) dumpCopy(ctx context.Context) error { return d.dumpOf(ctx, copyStream, "copy-") }

func (d *drive) dumpOf(ctx context.Context, stream, prefix string) error {
	all, err := d.endpoint.shards(ctx, stream)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b shard) int { return cmp.Compare(a.ShardID, b.ShardID) })
	shards, err := createLines(d.path(prefix + "shards.jsonl"))
	if err != nil {
		return err
	}
	records, err := createLines(d.path(prefix + "stream.jsonl"))
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := shards.enc.Encode(s); err != nil {
			return err
		}
		if err := d.dumpShard(ctx, stream, s, records); err != nil {
			return fmt.Errorf("read %s: %w", s.ShardID, err)
		}
	}
	if err := shards.f.Close(); err != nil {
		return err
	}
	return records.f.Close()
}

// record is a record of the stream in the form of the dump.
type record struct {
	ShardID        string
	SequenceNumber string
	PartitionKey   string
	Data           []byte
}

// dumpShard writes the records of a shard. It makes fewer than five calls a second, and waits if
// the shard's read limit is exceeded.
func (d *drive) dumpShard(ctx context.Context, stream string, s shard, to *jsonLines) error {
	var at struct{ ShardIterator string }
	err := d.endpoint.Call(ctx, "GetShardIterator", map[string]any{
		"StreamName": stream, "ShardId": s.ShardID, "ShardIteratorType": "TRIM_HORIZON",
	}, &at)
	for err == nil {
		var out struct {
			Records            []record
			NextShardIterator  string
			MillisBehindLatest int64
		}
		wait := 210 * time.Millisecond
		err = d.endpoint.Call(ctx, "GetRecords", map[string]any{"ShardIterator": at.ShardIterator}, &out)
		switch {
		case err != nil && strings.Contains(err.Error(), "ProvisionedThroughputExceededException"):
			err, out.NextShardIterator, out.MillisBehindLatest = nil, at.ShardIterator, 1
			wait = time.Second
		case err != nil:
			return err
		}
		for _, one := range out.Records {
			one.ShardID = s.ShardID
			if err := to.enc.Encode(one); err != nil {
				return err
			}
		}
		if out.NextShardIterator == "" || s.open() && out.MillisBehindLatest == 0 {
			return nil
		}
		at.ShardIterator = out.NextShardIterator
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// The stream keeps about as many open shards as it begins with.
const (
	fewestShards = 10
	mostShards   = 24
)

// reshard splits and merges shards at random.
func (d *drive) reshard(ctx context.Context) error {
	r := d.random(2)
	for d.sleep(ctx, between(r, 2*time.Second, 8*time.Second)) {
		all, err := d.endpoint.shards(ctx, d.stream)
		if err != nil {
			return err
		}
		open := slices.DeleteFunc(all, func(s shard) bool { return !s.open() })
		slices.SortFunc(open, func(a, b shard) int {
			return number(a.HashKeyRange.StartingHashKey).Cmp(number(b.HashKeyRange.StartingHashKey))
		})
		split := r.IntN(2) == 0
		i := r.IntN(len(open) - 1)
		if split && len(open) < mostShards || len(open) <= fewestShards {
			err = d.split(ctx, open[i], int64(1+r.IntN(7)))
		} else {
			err = d.merge(ctx, open[i], open[i+1])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// split divides a shard behind eighths of its hash keys.
func (d *drive) split(ctx context.Context, s shard, eighths int64) error {
	first, last := number(s.HashKeyRange.StartingHashKey), number(s.HashKeyRange.EndingHashKey)
	width := new(big.Int).Sub(last, first)
	if width.Cmp(big.NewInt(1000)) < 0 {
		return nil
	}
	middle := width.Mul(width, big.NewInt(eighths))
	middle.Rsh(middle, 3).Add(middle, first)
	d.count("splits", 1)
	return d.endpoint.Call(ctx, "SplitShard", map[string]any{
		"StreamName": d.stream, "ShardToSplit": s.ShardID, "NewStartingHashKey": middle.String(),
	}, nil)
}

func (d *drive) merge(ctx context.Context, a, b shard) error {
	d.count("merges", 1)
	return d.endpoint.Call(ctx, "MergeShards", map[string]any{
		"StreamName": d.stream, "ShardToMerge": a.ShardID, "AdjacentShardToMerge": b.ShardID,
	}, nil)
}

func number(decimal string) *big.Int {
	n, ok := new(big.Int).SetString(decimal, 10)
	if !ok {
		panic(fmt.Sprintf("not a number: %q", decimal))
	}
	return n
}

// dump writes all shards, and the records of each, as the endpoint has them.
func (d *drive) dump(ctx context.Context) error {
	all, err := d.endpoint.shards(ctx, d.stream)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b shard) int { return cmp.Compare(a.ShardID, b.ShardID) })
	shards, err := createLines(d.path("shards.jsonl"))
	if err != nil {
		return err
	}
	records, err := createLines(d.path("stream.jsonl"))
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := shards.enc.Encode(s); err != nil {
			return err
		}
		if err := d.dumpShard(ctx, s, records); err != nil {
			return fmt.Errorf("read %s: %w", s.ShardID, err)
		}
	}
	if err := shards.f.Close(); err != nil {
		return err
	}
	return records.f.Close()
}

// record is one of the stream, as the dump has it.
type record struct {
	ShardID        string
	SequenceNumber string
	PartitionKey   string
	Data           []byte
}

// dumpShard stays below five calls a second.
func (d *drive) dumpShard(ctx context.Context, s shard, to *jsonLines) error {
	var at struct{ ShardIterator string }
	err := d.endpoint.Call(ctx, "GetShardIterator", map[string]any{
		"StreamName": d.stream, "ShardId": s.ShardID, "ShardIteratorType": "TRIM_HORIZON",
	}, &at)
	for err == nil {
		var out struct {
			Records            []record
			NextShardIterator  string
			MillisBehindLatest int64
		}
		if err = d.endpoint.Call(ctx, "GetRecords", map[string]any{"ShardIterator": at.ShardIterator}, &out); err != nil {
			break
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
		case <-time.After(210 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

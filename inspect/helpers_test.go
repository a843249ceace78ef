package inspect

import (
	"time"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/record"
)

// positionsIn returns positions of a run that has read the shards up to the sequence numbers.
func positionsIn(shards map[string]string) *kinesistest.Memory {
	m := kinesistest.NewMemory()
	s := checkpoint.Stream{Name: "orders", InitialPosition: "trim_horizon", StartedAt: record.Time{Time: time.Now()}, Shards: map[string]checkpoint.Shard{}}
	for id, sequence := range shards {
		s.Shards[id] = checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: sequence}, UpdatedAt: record.Time{Time: time.Now()}}
	}
	m.File.Streams = []checkpoint.Stream{s}
	return m
}

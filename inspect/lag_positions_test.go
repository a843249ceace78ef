package inspect

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
)

// Without a checkpoint, a measurement begins where a run would. An age is relative to the first
// one.
func TestLagFromAPosition(t *testing.T) {
	for _, test := range []struct {
		from  record.Position
		first string // the shards' lags after two minutes
		later string // and after two more
	}{
		{record.Position{Kind: record.TrimHorizon}, " READING 120000", " READING 240000"},
		{record.Position{Kind: record.Latest}, " READING 0", " READING 0"},
		{record.Position{Kind: record.Ago, Age: time.Minute}, " READING 0", " READING 0"},
		{record.Position{Kind: record.Ago, Age: 3 * time.Minute}, " READING 120000", " READING 240000"},
	} {
		t.Run(test.from.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := kinesistest.NewService(t, 1, local.Options{})
				s.Put(0, "1")
				time.Sleep(2 * time.Minute)
				l, err := NewLagMeter(s, LagMeterOptions{Streams: []string{"orders"}, InitialPosition: test.from})
				s.Must(err)
				for _, want := range []string{test.first, test.later} {
					report, err := l.Measure(t.Context())
					s.Must(err)
					if got := words(report); got != strings.TrimSpace(want) {
						t.Errorf("got %q, want %q", got, want)
					}
					if report.Streams[0].ARN == "" {
						t.Error("the ARN is missing")
					}
					time.Sleep(2 * time.Minute)
				}
			})
		})
	}
}

// A measurement accepts the positions of both ways of reading, even if nothing was read yet, and
// inside an aggregate.
func TestLagAcceptsEveryPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 4, local.Options{})
		for n := range 4 {
			s.Put(n, "1", "2")
		}
		first, err := s.GetShardIterator(t.Context(), &service.GetShardIteratorInput{
			StreamName: "orders", ShardID: families.ShardName(2), ShardIteratorType: "TRIM_HORIZON"})
		s.Must(err)
		page, err := s.GetRecords(t.Context(), &service.GetRecordsInput{ShardIterator: first.ShardIterator})
		s.Must(err)
		at := func(n int) string { return *page.Records[n].SequenceNumber }
		began, sub := time.Now(), int64(3)
		time.Sleep(time.Second)
		s.Split(3)
		m := kinesistest.NewMemory()
		m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "latest", StartedAt: record.Time{Time: began}, Shards: map[string]checkpoint.Shard{
			families.ShardName(0): {Position: record.Position{Kind: record.TrimHorizon, Continuation: "77"}},
			families.ShardName(1): {Position: record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: began.Add(time.Millisecond)}, Continuation: "77"}},
			families.ShardName(2): {Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: at(1), SubSequenceNumber: &sub}},
			families.ShardName(3): {Position: record.Position{Kind: record.ShardEnd}},
		}}}
		l, err := NewLagMeter(s, LagMeterOptions{Streams: []string{"orders"}, Positions: m})
		s.Must(err)
		report, err := l.Measure(t.Context())
		s.Must(err)
		if got, want := words(report), "READING 1000, 1 READING 0, 2 READING 1000, 3 DONE 0, 4 READING 0, 5 READING 0"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := report.Streams[0].Shards[2].Position.SubSequenceNumber; got == nil || *got != 3 {
			t.Errorf("position %v", report.Streams[0].Shards[2].Position)
		}
	})
}

package inspect

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/local"
	"kin/internal/record"
)

func TestFault08LagIgnoresAWrongDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		time.Sleep(2 * time.Second)
		astray := false
		client := s.WithDates(func(right time.Time) time.Time {
			if astray {
				return right.Add(1000 * time.Hour)
			}
			return right
		})
		l, err := NewLagMeter(client, LagMeterOptions{Streams: []string{"orders"}, InitialPosition: record.Position{Kind: record.TrimHorizon}})
		s.Must(err)
		for range 3 {
			report, err := l.Measure(t.Context())
			s.Must(err)
			if off := time.Until(report.Time).Abs(); off > 5*time.Second {
				t.Errorf("the service's time is %s off", off)
			}
			if behind := report.Streams[0].Shards[0].MillisBehindLatest; behind > time.Since(s.Now()).Milliseconds()+3_600_000 {
				t.Errorf("%d ms behind", behind)
			}
			astray = true
			time.Sleep(time.Minute)
		}
	})
}

// TestFault08ShardTrimmedDuringAProbeDoesNotFailTheMeasurement is about a shard that is listed, and
// no longer found by its probe.
func TestFault08ShardTrimmedDuringAProbeDoesNotFailTheMeasurement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}, Closed: true}, &kinesistest.Shard{ID: "b", Records: []int{3}})
		f.Hook = func(call, shard string) error {
			if call == "GetShardIterator" && strings.HasPrefix(shard, "a") {
				f.Change(func() { f.Shards = slices.DeleteFunc(f.Shards, func(s *kinesistest.Shard) bool { return s.ID == "a" }) })
				return kinesistest.APIError("ResourceNotFoundException")
			}
			return nil
		}
		l, err := NewLagMeter(f, LagMeterOptions{Streams: []string{"orders"}, Positions: positionsIn(map[string]string{"a": "1", "b": "3"})})
		if err != nil {
			t.Fatal(err)
		}
		report, err := l.Measure(t.Context())
		if err != nil || !strings.Contains(words(report), "b READING 0") {
			t.Errorf("got %q, %v", words(report), err)
		}
	})
}

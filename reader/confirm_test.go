package reader

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

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

// A position in a shard that the stream never had is another stream's. It would keep a later shard
// with that ID from being read.
func TestRefusesPositionsOfAShardThatNeverExisted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
		m := positionsIn(map[string]string{"a": "1", "b": "7"})
		o := testOptions()
		o.Positions, o.AvailableNow = m, true
		_, err := collectRun(t.Context(), t, f, o)
		var unusable *CheckpointError
		if !errors.As(err, &unusable) || unusable.Reason != "stream orders never had shard b: its newest shard is a" {
			t.Errorf("got %v", err)
		}
		if got := len(f.Times("ListShards", "")); got != 1+maxRelists || len(m.Saved) > 0 {
			t.Errorf("%d listings and %d saves, want %d and none", got, len(m.Saved), 1+maxRelists)
		}
	})
}

// The message distinguishes a refused call from one without an answer.
func TestReportsWhyTheCheckpointIsNotGuarded(t *testing.T) {
	for code, want := range map[string]string{
		"AccessDeniedException":  "DescribeStreamSummary of orders is not allowed: ",
		"InternalFailure":        "DescribeStreamSummary of orders fails (InternalFailure: told to): ",
		"LimitExceededException": "DescribeStreamSummary of orders fails (LimitExceededException: told to): ",
	} {
		synctest.Test(t, func(t *testing.T) {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
			f.Hook = func(call, _ string) error {
				if call == "DescribeStreamSummary" {
					return kinesistest.APIError(code)
				}
				return nil
			}
			o := testOptions()
			messages, info := kinesistest.CollectMessages()
			o.Positions, o.AvailableNow, o.Info = kinesistest.NewMemory(), true, info
			if _, err := collectRun(t.Context(), t, f, o); err != nil {
				t.Error(err)
			}
			want += "kin will not notice when the stream is deleted and created again, or when records expire before they are read"
			if !slices.Contains(messages(), want) {
				t.Errorf("messages %q, want %q", messages(), want)
			}
		})
	}
}

// A shard that is no longer listed was read to its end if it was read up to a time that is still
// retained. One that was never read was not.
func TestUnreadShardThatIsNoLongerListedIsALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "b", Parent: "a", Records: []int{3}})
		f.Hours = aws.Int32(24)
		resume := func(at checkpoint.Shard) error {
			m := positionsIn(map[string]string{"b": "3"})
			at.UpdatedAt = record.Time{Time: time.Now()}
			m.File.Streams[0].Shards["a"] = at
			o := testOptions()
			o.Positions, o.AvailableNow = m, true
			_, err := collectRun(t.Context(), t, f, o)
			return err
		}
		if err := resume(checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}, ReadThrough: record.Time{Time: time.Now()}}); err != nil {
			t.Error(err)
		}
		var loss *DataLossError
		err := resume(checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}})
		if !errors.As(err, &loss) || err.Error() != "orders/a is no longer retained; its records after its start are gone" {
			t.Errorf("got %v", err)
		}
	})
}

// A run restricted to one shard does not fail because of another's loss, and does not hide it from
// a run that reads both.
func TestLossOfAnExcludedShardIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "b", Records: []int{3}})
		f.Hours = aws.Int32(24)
		for name, at := range map[string]checkpoint.Shard{
			"never read":    {Position: record.Position{Kind: record.TrimHorizon}, UpdatedAt: record.Time{Time: time.Now()}},
			"read long ago": {Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "1"}, ReadThrough: record.Time{Time: time.Now().Add(-72 * time.Hour)}},
		} {
			m := positionsIn(map[string]string{"b": "3"})
			m.File.Streams[0].Shards["a"] = at
			o := testOptions()
			o.Positions, o.AvailableNow, o.Shards = m, true, []string{"b"}
			if _, err := collectRun(t.Context(), t, f, o); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			o.Shards = nil
			var loss *DataLossError
			if _, err := collectRun(t.Context(), t, f, o); !errors.As(err, &loss) {
				t.Errorf("%s: both: got %v", name, err)
			}
		}
	})
}

// A shard whose blocks wait for the output counts as answered.
func TestShardThatWaitsForTheOutputHasAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}}, &kinesistest.Shard{ID: "b", Records: []int{2}})
		f.Hook = func(call, shard string) error {
			if call == "GetRecords" && shard == "b" && len(f.Times("GetRecords", "b")) == 1 {
				time.Sleep(11 * time.Second)
			}
			return nil
		}
		o := testOptions()
		messages, info := kinesistest.CollectMessages()
		o.Timeout, o.Info = 20*time.Second, info
		r, err := New(f, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Run(t.Context(), HandlerOf(func(*Batch) error { time.Sleep(15 * time.Second); return nil })); err != nil {
			t.Error(err)
		}
		if slices.ContainsFunc(messages(), func(s string) bool { return strings.Contains(s, "no usable answer") }) {
			t.Errorf("messages %q", messages())
		}
	})
}

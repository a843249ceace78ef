package reader

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/record"
)

func TestFault13AllowDataLossResumesAfterARefusedCheckpoint(t *testing.T) {
	sub := int64(2)
	for name, c := range map[string]struct {
		at   checkpoint.Shard
		want []string // records read with AllowDataLoss; nil: the checkpoint is unusable even then
	}{
		"after a record":                      {checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "2"}}, []string{"7", "8"}},
		"inside an aggregate":                 {checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "2", SubSequenceNumber: &sub}}, []string{"7", "8"}},
		"at a number that kin never received": {checkpoint.Shard{Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "2"}}, nil},
		"after a record, with a continuation": {checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "2", Continuation: "3"}}, []string{"7", "8"}},
	} {
		for _, allowed := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{7, 8}})
					o, m := bounded(), kinesistest.NewMemory()
					c.at.UpdatedAt = record.Time{Time: time.Now()}
					m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "trim_horizon", Shards: map[string]checkpoint.Shard{"a": c.at}}}
					messages, info := kinesistest.CollectMessages()
					o.Positions, o.AllowDataLoss, o.Info = m, allowed, info
					got, err := readFor(t, &refusing{Fake: f, refuse: isAtSequence}, time.Hour, o)
					const lost = "sequence number 2 of orders/a, which kin has read, is no longer retained: records after it may be gone: InvalidArgumentException: told to"
					if !allowed || c.want == nil {
						var unusable *CheckpointError
						if !errors.As(err, &unusable) || len(got) > 0 {
							t.Fatalf("got %q, %v", got, err)
						}
						const allow = "--allow-data-loss resumes from the oldest retained record"
						if hint := unusable.Hint(); (c.want != nil) != (len(hint) > len(allow) && hint[:len(allow)] == allow) {
							t.Errorf("hint %q", hint)
						}
						return
					}
					if err != nil || !slices.Equal(got, c.want) || !slices.Contains(messages(), lost) {
						t.Errorf("got %q, %v, messages %q", got, err, messages())
					}
					if at := m.Position("a"); at != "AFTER_SEQUENCE_NUMBER 8" {
						t.Errorf("saved %s", at)
					}
				})
			})
		}
	}
}

func TestFault13RefusalAfterAnAcceptedPositionIsACallError(t *testing.T) {
	for name, c := range map[string]struct {
		checkpointed bool
		from         record.Position
		after        int // GetRecords calls that succeed
	}{
		"records were read":                             {after: 1},
		"records were read, with a checkpoint":          {checkpointed: true, after: 1},
		"--from names a sequence number":                {from: record.Position{Kind: record.AtSequenceNumber, ShardID: "a", SequenceNumber: "1"}},
		"--from names a sequence number, refused later": {from: record.Position{Kind: record.AtSequenceNumber, ShardID: "a", SequenceNumber: "1"}, after: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
				calls := 0
				f.Hook = func(call, _ string) error {
					if call == "GetRecords" {
						if calls++; calls > c.after {
							return kinesistest.APIError("InvalidArgumentException")
						}
					}
					return nil
				}
				o := testOptions()
				if c.checkpointed {
					o.Positions = kinesistest.NewMemory()
				}
				if c.from.Kind == record.AtSequenceNumber {
					o.InitialPosition = c.from
				}
				_, err := readFor(t, f, time.Hour, o)
				var (
					option   *record.OptionError
					unusable *CheckpointError
					call     *CallError
				)
				if errors.As(err, &option) || errors.As(err, &unusable) || !errors.As(err, &call) || call.Call != "GetRecords" {
					t.Errorf("ended with %v, want the call that failed", err)
				}
				if calls != c.after+maxRefusals+1 {
					t.Errorf("%d calls", calls)
				}
			})
		})
	}
}

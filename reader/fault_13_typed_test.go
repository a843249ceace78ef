package reader

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/internal/service"
)

func TestFault13DoesNotSaveARefusedSequenceNumberOption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3}})
		client := &refusing{Fake: f, refuse: func(in *service.GetShardIteratorInput) bool {
			return isAtSequence(in) && in.StartingSequenceNumber == "123"
		}}
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions = m
		o.InitialPosition = record.Position{Kind: record.AtSequenceNumber, ShardID: "a", SequenceNumber: "123"}
		_, err := readFor(t, client, time.Minute, o)
		var option *record.OptionError
		if !errors.As(err, &option) || option.Field != "initial position" {
			t.Errorf("ended with %v", err)
		}
		if len(m.Saved) > 0 {
			t.Errorf("saved %+v", m.Saved)
		}
		o.InitialPosition.SequenceNumber = "2"
		got, err := readFor(t, client, time.Minute, o)
		if err != nil || !slices.Equal(got, []string{"2", "3"}) {
			t.Errorf("with the right number: got %q, %v", got, err)
		}
	})
}

// A record that kin fetches again on purpose is not reported.
func TestFault13RecordThatKinFetchesAgainIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2, 3, 4}, Closed: true, Children: []string{"b"}}, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{5}})
		f.Page = 2
		expire(f, 2)
		o := bounded()
		var messages []string
		o.Info = func(m string) { messages = append(messages, m) }
		got, err := readFor(t, &refusing{Fake: f, refuse: isAfter}, time.Hour, o)
		if err != nil || !slices.Equal(got, numbers(1, 5)) {
			t.Errorf("got %q, %v", got, err)
		}
		for _, m := range messages {
			if strings.Contains(m, "already received") {
				t.Errorf("messages %q", m)
			}
		}
	})
}

package efo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// deniedRecords is a service that allows GetShardIterator but not GetRecords.
type deniedRecords struct{ *fakeService }

func (deniedRecords) GetShardIterator(context.Context, *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	return &service.GetShardIteratorOutput{ShardIterator: "iterator"}, nil
}

// The subscriptions of a closed shard bring no record, and its rest may not be read with
// GetRecords. The run ends, even if every subscription moves the continuation. The messages name
// the denied call. No message reports a recovery before an answer came.
func TestFault11UnannouncedEndWithoutGetRecordsPermissionEndsTheRun(t *testing.T) {
	cut := step{err: errors.New("unexpected EOF")}
	for name, next := range map[string]func(i int) script{
		"broken before the answer":             func(int) script { return script{refuse: errors.New("connection reset")} },
		"broken":                               func(int) script { return sends(cut) },
		"broken after an event":                func(i int) script { return sends(sendsEvent(emptyEvent(100+i)), cut) },
		"broken after an event that is behind": func(i int) script { return sends(sendsEvent(emptyEventBehind(100+i)), cut) },
		"ended after an event that is behind":  func(i int) script { return sends(sendsEvent(emptyEventBehind(100+i)), streamEnd) },
	} {
		for call, client := range map[string]func(*fakeService) liveClient{
			"GetShardIterator": func(s *fakeService) liveClient { return s },
			"GetRecords":       func(s *fakeService) liveClient { return deniedRecords{s} },
		} {
			t.Run(name+", "+call, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					s := newService(t, "a")
					s.shards[0].SequenceNumberRange = &types.SequenceNumberRange{EndingSequenceNumber: aws.String("9")}
					s.script("a", sends(sendsEvent(records(1, 2)), cut))
					for i := range 1000 {
						s.script("a", next(i))
					}
					r := newRun(s)
					r.client = client(s)
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
					defer cancel()
					err := r.do(ctx)
					var failed *service.CallError
					if !errors.As(err, &failed) || failed.Call != call || !strings.HasPrefix(err.Error(), "read the rest of orders/a with GetRecords: "+call+" for orders/a: AccessDeniedException") {
						t.Errorf("got %v", err)
					}
					if !slices.ContainsFunc(r.messages, func(m string) bool {
						return strings.HasPrefix(m, "orders/a: "+call+" is not allowed (AccessDeniedException")
					}) {
						t.Errorf("the call was not named: %q", r.messages)
					}
					if slices.ContainsFunc(r.messages, func(m string) bool { return strings.Contains(m, "connected again") }) {
						t.Errorf("nothing got better: %q", r.messages)
					}
				})
			})
		}
	}
}

// emptyEventBehind returns an event without records that reports remaining records.
func emptyEventBehind(continuation int) *types.SubscribeToShardEvent {
	e := emptyEvent(continuation)
	e.MillisBehindLatest = aws.Int64(1000)
	return e
}

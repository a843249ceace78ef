package efo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kin/internal/service"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// deniedRecords is a service that may be asked for iterators, and not for records.
type deniedRecords struct{ *fakeService }

func (deniedRecords) GetShardIterator(context.Context, *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	return &service.GetShardIteratorOutput{ShardIterator: "iterator"}, nil
}

// A closed shard whose subscriptions bring no record ends the run where its rest may not
// be read with GetRecords, also where each subscription moves the continuation. The messages
// name the call that was denied, and no failure is called over before an answer came.
func TestFault11AnUnannouncedEndThatMayNotBeReadEndsTheRun(t *testing.T) {
	cut := step{err: errors.New("unexpected EOF")}
	for name, next := range map[string]func(i int) script{
		"breaks before the answer": func(int) script { return script{refuse: errors.New("connection reset")} },
		"breaks":                   func(int) script { return sends(cut) },
		"an event, and breaks":     func(i int) script { return sends(event(quiet(100+i)), cut) },
		"behind, and breaks":       func(i int) script { return sends(event(behind(100+i)), cut) },
		"behind, and ends":         func(i int) script { return sends(event(behind(100+i)), over) },
	} {
		for call, client := range map[string]func(*fakeService) liveClient{
			"GetShardIterator": func(s *fakeService) liveClient { return s },
			"GetRecords":       func(s *fakeService) liveClient { return deniedRecords{s} },
		} {
			t.Run(name+", "+call, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					s := newService(t, "a")
					s.shards[0].SequenceNumberRange = &types.SequenceNumberRange{EndingSequenceNumber: aws.String("9")}
					s.script("a", sends(event(records(1, 2)), cut))
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
					if !slices.ContainsFunc(r.said, func(m string) bool {
						return strings.HasPrefix(m, "orders/a: "+call+" is not allowed (AccessDeniedException")
					}) {
						t.Errorf("the call was not named: %q", r.said)
					}
					if slices.ContainsFunc(r.said, func(m string) bool { return strings.Contains(m, "connected again") }) {
						t.Errorf("nothing got better: %q", r.said)
					}
				})
			})
		}
	}
}

// behind is an event without records, of a subscription that is behind.
func behind(continuation int) *types.SubscribeToShardEvent {
	e := quiet(continuation)
	e.MillisBehindLatest = aws.Int64(1000)
	return e
}

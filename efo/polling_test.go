package efo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// A role for enhanced fan-out need not allow GetRecords. A few broken subscriptions of a closed
// shard do not end the run, unless they continue.
func TestFault11ClosedShardIsSubscribedAgainIfGetRecordsIsDenied(t *testing.T) {
	broken := sends(step{err: errors.New("cut")})
	first := func() script { return sends(sendsEvent(records(1, 2)), step{time.Second, nil, errors.New("cut")}) }
	ends := func(from, to int) script {
		return sends(sendsEvent(records(from, to)), sendsEvent(endEvent(child("b", "a"))))
	}
	for name, test := range map[string]struct {
		scripts []script
		want    string
		denied  int // number of reports
		fails   bool
	}{
		"three breaks":                   {[]script{first(), broken, broken, broken, ends(3, 4)}, "1 2 3 4 ", 1, false},
		"five breaks":                    {[]script{first(), broken, broken, broken, broken, broken, ends(3, 4)}, "1 2 3 4 ", 1, false},
		"breaks, a record, and breaks":   {[]script{first(), broken, broken, broken, sends(sendsEvent(records(3, 3)), streamEnd), broken, broken, broken, ends(4, 4)}, "1 2 3 4 ", 2, false},
		"endless breaks":                 {[]script{first(), broken, broken, broken, broken, broken, broken, ends(3, 4)}, "1 2 ", 1, true},
		"endless empty events":           {[]script{first()}, "1 2 ", 1, true},
		"a position refused twice":       {[]script{first(), refuses("InvalidArgumentException"), refuses("InvalidArgumentException"), ends(3, 4)}, "1 2 3 4 ", 1, false},
		"a position refused three times": {[]script{first(), refuses("InvalidArgumentException"), refuses("InvalidArgumentException"), refuses("InvalidArgumentException"), ends(3, 4)}, "1 2 ", 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.shards[0].SequenceNumberRange = &types.SequenceNumberRange{EndingSequenceNumber: aws.String("9")}
				s.script("a", test.scripts...)
				r := newRun(s)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				err := r.do(ctx)
				if test.fails {
					if err == nil || !strings.HasPrefix(err.Error(), "read the rest of orders/a with GetRecords: GetShardIterator for ") {
						t.Errorf("the run ended: %v, want that the shard's end cannot be read", err)
					}
					gaps := s.gaps()
					if last := gaps[len(gaps)-1]; len(gaps) > 4 && last < maxWait/2 {
						t.Errorf("the waits did not grow: %v", gaps)
					}
				} else if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the run ended: %v", err)
				}
				if got := r.text(); got != test.want {
					t.Errorf("got %q, want %q, messages %q", got, test.want, r.messages)
				}
				if n := strings.Count(strings.Join(r.messages, "\n"), "orders/a: GetShardIterator is not allowed ("); n != test.denied {
					t.Errorf("%d reports that GetShardIterator is not allowed, want %d: %q", n, test.denied, r.messages)
				}
			})
		})
	}
}

// deniedLater allows GetRecords once.
type deniedLater struct {
	*liveEndpoint
	pages *int
}

func (d deniedLater) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	if *d.pages++; *d.pages > 1 {
		return nil, apiError("AccessDeniedException")
	}
	in.Limit = 3
	return d.liveEndpoint.GetRecords(ctx, in)
}

// Records from GetRecords are not read again through a subscription.
func TestFault11GetRecordsDeniedLaterEndsTheRun(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLive(t, 1, "SubscribeToShard=no-end")
		l.fill(10)
		l.split(shard0)
		r, pages := l.run(), 0
		subscribed := 0
		subscribe := r.o.Subscribe
		r.o.Subscribe = func(ctx context.Context, in *service.SubscribeToShardInput) (service.EventStream, error) {
			if subscribed++; subscribed <= 3 { // from the start of the shard, so that records remain for GetRecords
				return &fakeStream{service: &fakeService{}, script: sends(step{err: errors.New("cut")}), closed: make(chan struct{})}, nil
			}
			return subscribe(ctx, in)
		}
		r.client = deniedLater{l, &pages}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		err := r.do(ctx)
		if err == nil || !strings.HasPrefix(err.Error(), "read the rest of orders/"+shard0+" with GetRecords: GetRecords for ") {
			t.Errorf("the run ended: %v", err)
		}
		wantOnce(t, 3, r.payloads...)
		if pages != 2 || subscribed != 3 {
			t.Errorf("%d pages and %d subscriptions, want 2 and 3", pages, subscribed)
		}
	})
}

// rewoundSource is a polling source that stores the position of Rewind.
type rewoundSource struct {
	reader.Source
	to checkpoint.Shard
}

func (r *rewoundSource) Rewind(at checkpoint.Shard) { r.to = at }

// While GetRecords reads the rest of a shard, Rewind moves GetRecords. It has no continuation.
func TestRewindWhilePolling(t *testing.T) {
	rest := &rewoundSource{}
	s := &source{poller: rest}
	s.Rewind(checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "7", Continuation: "9"}})
	if rest.to.SequenceNumber != "7" || rest.to.Continuation != "" || s.at.Kind != "" {
		t.Errorf("GetRecords goes back to %+v, and subscriptions to %+v", rest.to, s.at)
	}
}

package reader

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/internal/servertime"
)

func TestFault08SavesAnEmptyEndInsideAnAggregate(t *testing.T) {
	// The rest of the aggregate is no longer retained: the first answer is the end.
	path := filepath.Join(t.TempDir(), "orders.ckpt")
	synctest.Test(t, func(t *testing.T) {
		kinesistest.ToTheTimeOfTheService()
		sub, now := int64(3), record.Time{Time: time.Now()}
		h, err := checkpoint.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := h.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		file.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "trim_horizon", StartedAt: now, Shards: map[string]checkpoint.Shard{
			"a": {Position: record.Position{Kind: record.AtSequenceNumber, SequenceNumber: "5", SubSequenceNumber: &sub}, UpdatedAt: now, ReadThrough: now},
		}}}
		if err := h.Save(file, nil); err != nil {
			t.Fatal(err)
		}
		if err := h.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		for run, want := range [][]string{{"7"}, nil} {
			if h, err = checkpoint.Open(path); err != nil {
				t.Fatal(err)
			}
			o := bounded()
			o.Positions = h
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Closed: true, Children: []string{"b"}}, &kinesistest.Shard{ID: "b", Parent: "a", Records: []int{7}})
			if got, err := readFor(t, f, time.Hour, o); err != nil || !slices.Equal(got, want) {
				t.Fatalf("run %d: got %q, %v, want %q", run, got, err, want)
			}
		}
	})
	file, err := checkpoint.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if at := file.Streams[0].Shards["a"]; at.Kind != record.ShardEnd || at.SubSequenceNumber != nil || at.SequenceNumber != "5" {
		t.Errorf("saved %+v", at)
	}
}

// pushed is a source that returns its responses, and then waits.
type pushed struct{ next []func() *Response }

func (p *pushed) Next(ctx context.Context, _ Budget) (*Response, error) {
	if len(p.next) == 0 {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	next := p.next[0]
	p.next = p.next[1:]
	return next(), nil
}

func (p *pushed) Rewind(checkpoint.Shard) {}
func (p *pushed) Close()                  {}

func TestFault08DelayedEventDoesNotProveTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}})
		o := testOptions()
		bound := time.Now().Add(10 * time.Second)
		o.To = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: bound}}
		o.Source = func(*Assignment) Source {
			subscribed := time.Now()
			response := func(n int, wait time.Duration, resubscribe bool) func() *Response {
				return func() *Response {
					time.Sleep(wait)
					if resubscribe {
						subscribed = time.Now()
					}
					resp := &Response{RequestedAt: subscribed, Continuation: "9"}
					if n > 0 {
						resp.Records = []types.Record{{SequenceNumber: aws.String(fmt.Sprint(n)), PartitionKey: aws.String("k"), Data: fmt.Append(nil, n), ApproximateArrivalTimestamp: aws.Time(kinesistest.Arrival(n))}}
					}
					return resp
				}
			}
			return &pushed{[]func() *Response{
				response(0, 20*time.Second, false), // it was sent before the bound
				response(1, time.Second, false),
				response(0, time.Second, true),
				response(2, time.Second, true),
			}}
		}
		got, err := readFor(t, f, time.Hour, o)
		if err != nil || !slices.Equal(got, []string{"1"}) {
			t.Errorf("got %q, %v, want what arrived before the bound, and an end behind it", got, err)
		}
		if took := time.Since(bound); took > time.Minute {
			t.Errorf("ended %s after the bound", took)
		}
	})
}

func TestFault08ReachedUsesTheTimeOfTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, dates := range map[string]*servertime.Check{"without a Date": {}, "behind a Date that was accepted": {}} {
			kinesistest.ToTheTimeOfTheService()
			began := time.Now().Truncate(time.Second)
			if name != "without a Date" {
				if _, err := dates.Accept(began); err != nil {
					t.Fatal(err)
				}
			}
			o := testOptions()
			s := streamOf(&session{o: o, dates: dates})
			s.until = began.Add(10 * time.Second)
			asked := time.Now()
			time.Sleep(20 * time.Second)
			for _, c := range []struct {
				what string
				resp Response
				want bool
			}{
				{"called before the bound", Response{RequestedAt: asked}, false},
				{"called after the bound", Response{RequestedAt: time.Now()}, true},
				{"the time of the call is not known", Response{}, false},
				{"its Date is before the bound", Response{RequestedAt: time.Now(), ServerTime: began}, false},
				{"its Date is after the bound", Response{RequestedAt: asked, ServerTime: began.Add(11 * time.Second)}, true},
			} {
				if got := s.reached(&c.resp); got != c.want {
					t.Errorf("%s: a response that was %s: %t", name, c.what, got)
				}
			}
		}
	})
}

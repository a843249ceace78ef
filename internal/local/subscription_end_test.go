package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func TestASubscriptionEndsAfterFiveMinutes(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		began := time.Now()
		s := f.open(fromHorizon)
		if _, err := s.rest(); err != nil || time.Since(began) != 5*time.Minute {
			t.Errorf("ended after %s with %v", time.Since(began), err)
		}
	})
}

func TestAdvanceEndsASubscription(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		s := f.open(fromHorizon)
		s.next()
		synctest.Wait()
		began := time.Now()
		f.endpoint.Advance(4 * time.Minute)
		s.next() // the empty event after 5 seconds
		f.endpoint.Advance(time.Minute)
		if err := s.end(); err != nil || time.Since(began) != 0 {
			t.Errorf("ended after %s with %v", time.Since(began), err)
		}
	})
}

func TestASubscriptionReplacesTheOneBefore(t *testing.T) {
	for takeover, code := range map[Takeover]string{TakeoverError: "ResourceInUseException", TakeoverEnd: ""} {
		inBubble(t, 2, Options{Takeover: takeover}, func(t *testing.T, f *fanOut) {
			s := f.open(fromLatest)
			s.next()
			time.Sleep(5*time.Second - time.Millisecond)
			_, err := subscribe(t, f.Client, f.arn, fromLatest)
			wantCode(t, err, "ResourceInUseException")
			other := must(subscribeShard(t, f.Client, f.arn, "shardId-000000000001", fromLatest))(t)
			other.next()
			third := must(subscribe(t, f.Client, f.register("third"), fromLatest))(t)
			third.next()
			time.Sleep(time.Millisecond)
			second := f.open(fromLatest)
			second.next()
			// An empty event that is due at the same time may come first.
			if _, err := s.rest(); codeOf(err) != code {
				t.Errorf("%s: the first subscription ended with %v", takeover, err)
			}
			f.putAt(t, "0", "x")
			for _, s := range []*subscribed{second, third} {
				if got := payloads(s.next()); !slices.Equal(got, []string{"x"}) {
					t.Errorf("%s: got %q", takeover, got)
				}
			}
			// The five seconds begin with the call, even if its stream has ended.
			_ = second.stream.Close()
			time.Sleep(4 * time.Second)
			_, err = subscribe(t, f.Client, f.arn, fromLatest)
			wantCode(t, err, "ResourceInUseException")
			time.Sleep(time.Second)
			f.open(fromLatest)
		})
	}
}

func TestSubscribeToShardAllowsOneCallASecond(t *testing.T) {
	inBubble(t, 2, Options{Limits: LimitsOn}, func(t *testing.T, f *fanOut) {
		f.open(fromLatest)
		_, err := subscribe(t, f.Client, f.arn, fromLatest)
		wantCode(t, err, "LimitExceededException")
		must(subscribeShard(t, f.Client, f.arn, "shardId-000000000001", fromLatest))(t)
		time.Sleep(time.Second)
		_, err = subscribe(t, f.Client, f.arn, fromLatest)
		wantCode(t, err, "ResourceInUseException")
		_, err = subscribe(t, f.Client, f.arn, fromLatest)
		wantCode(t, err, "LimitExceededException")
	})
}

func TestASubscriptionEndsWithItsConsumerAndItsStream(t *testing.T) {
	const delay = 3 * time.Second
	for name, end := range map[string]func(*fanOut) error{
		"consumer": func(f *fanOut) error {
			_, err := f.DeregisterStreamConsumer(f.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: &f.arn})
			return err
		},
		"stream": func(f *fanOut) error {
			_, err := f.DeleteStream(f.ctx, &kinesis.DeleteStreamInput{StreamName: &f.name, EnforceConsumerDeletion: aws.Bool(true)})
			return err
		},
	} {
		inBubble(t, 1, Options{ConsumerDeletingDelay: delay, DeletingDelay: delay}, func(t *testing.T, f *fanOut) {
			s := f.open(fromLatest)
			s.next()
			synctest.Wait()
			began := time.Now()
			if err := end(f); err != nil {
				t.Fatal(err)
			}
			if err := s.end(); codeOf(err) != "ResourceNotFoundException" || time.Since(began) != delay {
				t.Errorf("%s: ended with %v after %s", name, err, time.Since(began))
			}
		})
	}
}

func TestCloseEndsASubscriptionWithItsConnection(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		f.put(t, "x", "k")
		body := f.raw(f.arn, fromHorizon)
		for range 2 {
			if _, err := eventstream.NewDecoder().Decode(body, nil); err != nil {
				t.Fatal(err)
			}
		}
		blocked := f.raw(f.register("other"), fromHorizon) // its client does not read
		synctest.Wait()
		if err := f.endpoint.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the answer ended with %v", err)
		}
		synctest.Wait()
		if n := f.endpoint.subscriptions.Load(); n != 0 {
			t.Errorf("%d subscriptions are still open", n)
		}
		if rest, err := io.ReadAll(blocked); len(rest) != 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the answer nobody read has %d bytes and ended with %v", len(rest), err)
		}
	})
}

func TestCloseEndsASubscriptionServedByServeHTTP(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		body := fmt.Sprintf(`{"ConsumerARN":%q,"ShardId":%q,"StartingPosition":{"Type":"LATEST"}}`, f.arn, shard0)
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		sign(req, "SubscribeToShard")
		served := make(chan any)
		go func() {
			defer func() { served <- recover() }()
			f.endpoint.ServeHTTP(httptest.NewRecorder(), req)
		}()
		synctest.Wait()
		began := time.Now()
		if err := f.endpoint.Close(); err != nil {
			t.Fatal(err)
		}
		if cause := <-served; cause != http.ErrAbortHandler || time.Since(began) != 0 {
			t.Errorf("it ended with %v after %s", cause, time.Since(began))
		}
	})
}

func TestADisconnectEndsASubscription(t *testing.T) {
	inBubble(t, 1, Options{}, func(t *testing.T, f *fanOut) {
		ctx, cancel := context.WithCancel(f.ctx)
		out, err := f.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{ConsumerARN: &f.arn, ShardId: aws.String(shard0), StartingPosition: fromLatest})
		if err != nil {
			t.Fatal(err)
		}
		<-out.GetStream().Events()
		cancel()
		if _, ok := <-out.GetStream().Events(); ok {
			t.Error("an event came after the end of the context")
		}
		synctest.Wait()
		if err := out.GetStream().Close(); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		f.endpoint.Advance(5 * time.Second)
		closed := f.open(fromLatest)
		closed.next()
		if n := f.endpoint.subscriptions.Load(); n != 1 {
			t.Errorf("%d open subscriptions, want one", n)
		}
		_ = closed.stream.Close()
		synctest.Wait()
		if n := f.endpoint.subscriptions.Load(); n != 0 {
			t.Errorf("%d subscriptions are still open", n)
		}
	})
}

package awsclient

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// frame is one message of an event stream.
func frame(t *testing.T, body string, headers ...string) []byte {
	t.Helper()
	var h eventstream.Headers
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], eventstream.StringValue(headers[i+1]))
	}
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, eventstream.Message{Headers: h, Payload: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func initial(t *testing.T) []byte {
	return frame(t, "{}", ":message-type", "event", ":event-type", "initial-response")
}

// pushed is an event with one record, whose payload is text.
func pushed(t *testing.T, sequence int, text string) []byte {
	return frame(t, fmt.Sprintf(`{"ContinuationSequenceNumber":"%d","MillisBehindLatest":0,"Records":[{"SequenceNumber":"%d","PartitionKey":"k","Data":"%s"}]}`,
		sequence, sequence, base64.StdEncoding.EncodeToString([]byte(text))),
		":message-type", "event", ":event-type", "SubscribeToShardEvent", ":content-type", "application/x-amz-json-1.1")
}

// subscribeTo subscribes to a server that answers with these bytes, and then
// ends the answer, or breaks it off.
func subscribeTo(t *testing.T, breakOff bool, answer ...[]byte) (*subscription, error) {
	t.Helper()
	withKeys(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		if !strings.Contains(string(body), `"ConsumerARN":"arn:c"`) || req.Header.Get("X-Amz-Target") != "Kinesis_20131202.SubscribeToShard" {
			t.Errorf("asked %s with %s", req.Header.Get("X-Amz-Target"), body)
		}
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		for _, part := range answer {
			_, _ = w.Write(part)
		}
		if breakOff {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	client, _, err := newKinesis(t.Context(), Options{Endpoint: server.URL, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	return subscribe(t.Context(), client, &kinesis.SubscribeToShardInput{
		ConsumerARN: aws.String("arn:c"), ShardId: aws.String("shardId-000000000000"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
	})
}

// payloads reads a subscription to its end.
func payloads(s *subscription) (got string, err error) {
	defer s.Close()
	for {
		if _, err := s.Await(); err != nil {
			return got, err
		}
		event, err := s.Next()
		if err != nil {
			return got, err
		}
		if event == nil {
			continue // the initial-response
		}
		for _, r := range event.Records {
			got += string(r.Data) + " "
		}
	}
}

func TestEventsComeWithAndWithoutAnInitialResponse(t *testing.T) {
	for _, begins := range [][]byte{nil, initial(t)} {
		s, err := subscribeTo(t, false, begins, pushed(t, 1, "a"), pushed(t, 2, "b"))
		if err != nil {
			t.Fatal(err)
		}
		if s.ServerTime().IsZero() {
			t.Error("no server time")
		}
		if got, err := payloads(s); got != "a b " || err != io.EOF {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestAStreamThatBreaksOffIsNoEnd(t *testing.T) {
	whole := pushed(t, 2, "b")
	for name, test := range map[string]struct {
		breakOff bool
		rest     []byte
	}{
		"between messages":            {true, nil},
		"inside a message":            {true, whole[:len(whole)/2]},
		"inside, and ended as it was": {false, whole[:len(whole)/2]},
		"inside the prelude":          {false, whole[:5]},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := subscribeTo(t, test.breakOff, initial(t), pushed(t, 1, "a"), test.rest)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := payloads(s); got != "a " || err == nil || err == io.EOF {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestABrokenMessageIsAnError(t *testing.T) {
	bad := pushed(t, 2, "b")
	bad[len(bad)/2] ^= 1
	s, err := subscribeTo(t, false, pushed(t, 1, "a"), bad, pushed(t, 3, "c"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := payloads(s); got != "a " || err == nil || err == io.EOF {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAnErrorInTheStreamHasItsCode(t *testing.T) {
	for name, message := range map[string][]byte{
		"exception": frame(t, `{"message":"taken"}`, ":message-type", "exception", ":exception-type", "ResourceInUseException"),
		"unmodeled": frame(t, "", ":message-type", "error", ":error-code", "ResourceInUseException", ":error-message", "taken"),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := subscribeTo(t, false, pushed(t, 1, "a"), message)
			if err != nil {
				t.Fatal(err)
			}
			got, err := payloads(s)
			var api smithy.APIError
			if got != "a " || !errors.As(err, &api) || api.ErrorCode() != "ResourceInUseException" || api.ErrorMessage() != "taken" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestARefusedSubscriptionHasItsCode(t *testing.T) {
	withKeys(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"ResourceInUseException","message":"not in ACTIVE status"}`)
	}))
	defer server.Close()
	client, _, err := newKinesis(t.Context(), Options{Endpoint: server.URL, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = subscribe(t.Context(), client, &kinesis.SubscribeToShardInput{ConsumerARN: aws.String("arn:c"), ShardId: aws.String("a"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest}})
	var inUse *types.ResourceInUseException
	if !errors.As(err, &inUse) {
		t.Errorf("got %v", err)
	}
}

// The SDK's decoder of event streams has one buffer for all streams of a
// client, which the race detector finds at once.
func TestManySubscriptionsAtOnce(t *testing.T) {
	withKeys(t)
	text := strings.Repeat("x", 100_000)
	var answer []byte
	for n := range 20 {
		answer = append(answer, pushed(t, n+1, text)...)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		_, _ = w.Write(answer)
	}))
	defer server.Close()
	client, _, err := newKinesis(t.Context(), Options{Endpoint: server.URL, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			s, err := subscribe(t.Context(), client, &kinesis.SubscribeToShardInput{ConsumerARN: aws.String("arn:c"), ShardId: aws.String("a"),
				StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest}})
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := payloads(s); got != strings.Repeat(text+" ", 20) || err != io.EOF {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		})
	}
	group.Wait()
}

func TestCloseEndsAWait(t *testing.T) {
	withKeys(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		_ = http.NewResponseController(w).Flush()
		<-req.Context().Done()
	}))
	defer server.Close()
	client, _, err := newKinesis(t.Context(), Options{Endpoint: server.URL, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := subscribe(t.Context(), client, &kinesis.SubscribeToShardInput{ConsumerARN: aws.String("arn:c"), ShardId: aws.String("a"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest}})
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, s.Close)
	if _, err := s.Next(); err == nil || err == io.EOF {
		t.Errorf("got %v", err)
	}
	s.Close()
}

// The service pushes over HTTP/2 alone; and a window of its own bounds what is
// under way of each shard.
func TestSubscriptionsUseHTTP2AndABoundedWindow(t *testing.T) {
	withKeys(t)
	var sent atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.ProtoMajor != 2 {
			t.Errorf("asked over %s", req.Proto)
		}
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		part := pushed(t, 1, strings.Repeat("x", 100_000))
		for range 100 {
			if _, err := w.Write(part); err != nil {
				return
			}
			sent.Add(int64(len(part)))
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	trust(t, server)
	client, _, err := newKinesis(t.Context(), Options{Endpoint: server.URL, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := subscribe(t.Context(), client, &kinesis.SubscribeToShardInput{ConsumerARN: aws.String("arn:c"), ShardId: aws.String("a"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest}})
	if err != nil {
		t.Fatal(err)
	}
	before := int64(-1)
	for now := int64(0); now != before; now = sent.Load() { // until the sender stands still
		before = now
		time.Sleep(100 * time.Millisecond)
	}
	if n := sent.Load(); n > 1<<20 {
		t.Errorf("%d bytes were taken that nobody read", n)
	}
	if got, err := payloads(s); len(got) != 100*100_001 || err != io.EOF {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestAMessageSaysItsSizeBeforeItIsReceived(t *testing.T) {
	first, second := initial(t), pushed(t, 1, strings.Repeat("a", 100_000))
	bad := pushed(t, 2, "b")
	bad[0] ^= 1 // a length that would be 16 MB
	s, err := subscribeTo(t, false, first, second, bad)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var sizes []int64
	for range 3 {
		size, err := s.Await()
		if again, _ := s.Await(); err != nil || again != size {
			t.Fatalf("got %d, %v, and then %d", size, err, again)
		}
		sizes = append(sizes, size)
		if _, err = s.Next(); err != nil {
			break
		}
	}
	if want := []int64{int64(len(first)), int64(len(second)), 0}; !slices.Equal(sizes, want) {
		t.Errorf("got %d, want %d", sizes, want)
	}
}

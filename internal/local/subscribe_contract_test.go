package local

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// overEveryProtocol runs a test of SubscribeToShard with the SDK. It uses HTTP/1.1, HTTP/2 in
// clear text by prior knowledge, and HTTP/2 over TLS.
func overEveryProtocol(t *testing.T, o Options, test func(*testing.T, *Endpoint, *subject)) {
	for _, c := range []struct {
		name, scheme, proto string
		enable              func(*http.Protocols)
	}{
		{"HTTP/1.1", "http", "HTTP/1.1", func(p *http.Protocols) { p.SetHTTP1(true) }},
		{"h2c", "http", "HTTP/2.0", func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }},
		{"TLS", "https", "HTTP/2.0", func(p *http.Protocols) { p.SetHTTP1(true); p.SetHTTP2(true) }},
		{"TLS with HTTP/1.1", "https", "HTTP/1.1", func(p *http.Protocols) { p.SetHTTP1(true) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if o.Limits == "" {
				o.Limits = LimitsOff
			}
			o.Streams = []StreamSpec{{"orders", 2}}
			e := must(New(o))(t)
			l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
			served := make(chan error, 1)
			transport := &http.Transport{Protocols: new(http.Protocols)}
			c.enable(transport.Protocols)
			if c.scheme == "https" {
				certificate, authority, err := Certificate()
				if err != nil {
					t.Fatal(err)
				}
				transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
				if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(authority) {
					t.Fatal("the authority is not PEM")
				}
				go func() { served <- e.ServeTLS(l, certificate) }()
			} else {
				go func() { served <- e.Serve(l) }()
			}
			t.Cleanup(func() {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
				if err := <-served; err != nil {
					t.Error(err)
				}
				transport.CloseIdleConnections()
			})
			_, port, _ := net.SplitHostPort(l.Addr().String())
			client := kinesis.New(kinesis.Options{
				BaseEndpoint: aws.String(c.scheme + "://localhost:" + port),
				Region:       Region,
				Credentials:  credentials.NewStaticCredentialsProvider("kin", "kin", ""),
				HTTPClient:   speaks{t, c.proto, &http.Client{Transport: transport}},
				Retryer:      aws.NopRetryer{},
			})
			test(t, e, &subject{Client: client, ctx: t.Context(), name: "orders"})
		})
	}
}

// speaks is an HTTP client that fails the test if an answer uses another protocol. It copies each
// request body: with the SDK's own body some HTTP/1.1 answers break off on the client's side
// (use of closed network connection).
type speaks struct {
	t      *testing.T
	proto  string
	client *http.Client
}

func (s speaks) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	res, err := s.client.Do(r)
	if err == nil && res.Proto != s.proto {
		s.t.Errorf("%s answered by %s, want %s", r.Header.Get("X-Amz-Target"), res.Proto, s.proto)
	}
	return res, err
}

func (s *subject) register(t *testing.T, name string) string {
	t.Helper()
	out, err := s.RegisterStreamConsumer(s.ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/" + s.name), ConsumerName: &name,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Consumer.ConsumerARN
}

// A subscription gets the existing records of a shard, new records, and the end after a split.
// Then the children are read.
func TestSubscribeToShardWithTheSDK(t *testing.T) {
	overEveryProtocol(t, Options{}, func(t *testing.T, e *Endpoint, s *subject) {
		consumer := s.register(t, "audit")
		var want []string
		put := func(n int) {
			for range n {
				want = append(want, fmt.Sprintf("%d%s", len(want), strings.Repeat("x", 10_000)))
				s.putAt(t, "0", want[len(want)-1])
			}
		}
		put(300) // 3 MB: several events
		stream := must(subscribe(t, s.Client, consumer, fromHorizon))(t)
		var got []string
		receive := func() {
			for len(got) < len(want) {
				event := stream.next()
				if event.ContinuationSequenceNumber == nil || event.MillisBehindLatest == nil {
					t.Errorf("an event without a position: %+v", event)
				}
				got = append(got, payloads(event)...)
			}
		}
		receive()
		for range 20 {
			put(1)
			receive()
		}
		s.split(t, s.shards(t, nil)[0])
		end := stream.next()
		if end.ContinuationSequenceNumber != nil || len(end.ChildShards) != 2 || !slices.Equal(end.ChildShards[0].ParentShards, []string{shard0}) {
			t.Errorf("the end is %+v", end)
		}
		if err := stream.end(); err != nil {
			t.Error(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %d records, or not in order: want %d", len(got), len(want))
		}
		child := must(subscribeShard(t, s.Client, consumer, *end.ChildShards[0].ShardId, fromHorizon))(t)
		s.putAt(t, "0", "child")
		for got = nil; len(got) == 0; {
			got = payloads(child.next())
		}
		if !slices.Equal(got, []string{"child"}) {
			t.Errorf("the child has %q", got)
		}
		if n := e.Served("SubscribeToShard"); n != 2 {
			t.Errorf("%d subscriptions were counted", n)
		}
	})
}

// With every protocol a waiting subscription ends by the clock, by another subscription and by
// the end of the endpoint.
func TestEndsOfASubscriptionWithTheSDK(t *testing.T) {
	overEveryProtocol(t, Options{}, func(t *testing.T, e *Endpoint, s *subject) {
		consumer := s.register(t, "audit")
		open := func() *subscribed { return must(subscribe(t, s.Client, consumer, fromLatest))(t) }
		first := open()
		first.next()
		e.Advance(5 * time.Minute)
		if _, err := first.rest(); err != nil {
			t.Errorf("after five minutes: %v", err)
		}
		second := open()
		e.Advance(5 * time.Second)
		third := open()
		_, err := second.rest()
		wantCode(t, err, "ResourceInUseException")
		if _, err := s.DeregisterStreamConsumer(s.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: &consumer}); err != nil {
			t.Fatal(err)
		}
		_, err = third.rest()
		wantCode(t, err, "ResourceNotFoundException")

		consumer = s.register(t, "audit")
		last := open()
		last.next()
		closed := make(chan error)
		go func() { closed <- e.Close() }()
		_, _ = last.rest() // the SDK does not distinguish a broken answer from its end
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
}

// Close returns although clients have open streams that they do not read. No goroutine is left.
func TestCloseWithClientsThatDoNotRead(t *testing.T) {
	overEveryProtocol(t, Options{}, func(t *testing.T, e *Endpoint, s *subject) {
		for range 20 {
			s.putAt(t, "0", strings.Repeat("x", 1_000_000))
		}
		for _, name := range []string{"a", "b"} {
			must(subscribe(t, s.Client, s.register(t, name), fromHorizon))(t)
		}
		if n := e.subscriptions.Load(); n != 2 {
			t.Errorf("%d open subscriptions, want 2", n)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if n := e.subscriptions.Load(); n != 0 {
			t.Errorf("%d open subscriptions after Close", n)
		}
	})
}

// Many clients put many records, and several consumers subscribe to both shards. Every
// subscription gets every record of its shard once and in order.
func TestConsumersAreIndependent(t *testing.T) {
	const writers, each = 4, 100
	overEveryProtocol(t, Options{}, func(t *testing.T, _ *Endpoint, s *subject) {
		var streams []*subscribed
		for i, name := range []string{"a", "b", "c"} {
			consumer := s.register(t, name)
			from := fromHorizon
			if i == 0 {
				from = fromLatest
			}
			for n := range 2 {
				stream := must(subscribeShard(t, s.Client, consumer, shardID(uint32(n)), from))(t)
				stream.next()
				streams = append(streams, stream)
			}
		}
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for n := range each {
					for _, hash := range []string{"0", maxHashKey.String()} {
						_, err := s.PutRecord(s.ctx, &kinesis.PutRecordInput{StreamName: &s.name, ExplicitHashKey: aws.String(hash),
							PartitionKey: aws.String(fmt.Sprint(w)), Data: []byte(fmt.Sprint(n))})
						if err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		var reading sync.WaitGroup
		for i, stream := range streams {
			reading.Go(func() {
				next := map[string]int{}
				for total := 0; total < writers*each; {
					event, ok := <-stream.stream.Events()
					if !ok {
						t.Errorf("stream %d ended with %v", i, stream.stream.Err())
						return
					}
					for _, r := range event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value.Records {
						if got := string(r.Data); got != fmt.Sprint(next[*r.PartitionKey]) {
							t.Errorf("stream %d: got %s of %s, want %d", i, got, *r.PartitionKey, next[*r.PartitionKey])
							return
						}
						next[*r.PartitionKey]++
						total++
					}
				}
			})
		}
		reading.Wait()
		writing.Wait()
	})
}

// With every protocol a broken connection is not a clean end. An early end is a clean one.
func TestFaultsOfASubscriptionOverEveryProtocol(t *testing.T) {
	overEveryProtocol(t, Options{}, func(t *testing.T, e *Endpoint, s *subject) {
		for range 2 { // two events
			s.putAt(t, "0", strings.Repeat("x", 600_000))
		}
		for fault, clean := range map[string]bool{"cut": false, "cut:1": false, "early": true, "empty": true, "stream:KMSThrottlingException": true, "reset": false} {
			if err := e.AddFault("SubscribeToShard=" + fault + "*1"); err != nil {
				t.Fatal(err)
			}
			body := fmt.Sprintf(`{"ConsumerARN":%q,"ShardId":%q,"StartingPosition":{"Type":"TRIM_HORIZON"}}`, s.register(t, strings.ReplaceAll(fault, ":", "_")), shard0)
			req := must(http.NewRequestWithContext(s.ctx, http.MethodPost, *s.Options().BaseEndpoint, strings.NewReader(body)))(t)
			sign(req, "SubscribeToShard")
			res, err := s.Options().HTTPClient.Do(req)
			if err == nil {
				_, err = io.ReadAll(res.Body)
				_ = res.Body.Close()
			}
			if (err == nil) != clean {
				t.Errorf("%s: the answer ended with %v", fault, err)
			}
		}
	})
}

// sign adds the headers that this endpoint requires of an API request.
func sign(r *http.Request, op string) {
	r.Header.Set("Content-Type", jsonType)
	r.Header.Set("X-Amz-Target", target+op)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=kin/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00")
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
}

package efo

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/kinesistest"
	"kin/internal/local"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// liveEndpoint is the embedded endpoint without a network, with one stream, orders. In a synctest
// bubble it uses the clock of the bubble.
type liveEndpoint struct {
	service.API
	sdk      *kinesis.Client
	endpoint *local.Endpoint
	t        *testing.T
	put      int // number of records put
}

func newLive(t *testing.T, shards int, faults ...string) *liveEndpoint {
	t.Helper()
	e, err := local.New(local.Options{Limits: local.LimitsOff, Streams: []local.StreamSpec{{Name: "orders", Shards: shards}}, Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	sender := &http.Client{Transport: e}
	return &liveEndpoint{API: kinesistest.Client(sender), sdk: kinesistest.SDK("http://kinesis", sender), endpoint: e, t: t}
}

func (l *liveEndpoint) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// fill puts n more records. Payloads are their numbers.
func (l *liveEndpoint) fill(n int) {
	l.t.Helper()
	for range n {
		l.put++
		text := strconv.Itoa(l.put)
		_, err := l.sdk.PutRecord(l.t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: &text, Data: []byte(text)})
		l.must(err)
	}
}

// split splits a shard in the middle.
func (l *liveEndpoint) split(shard string) {
	l.t.Helper()
	listed, err := l.ListShards(l.t.Context(), &service.ListShardsInput{StreamName: "orders"})
	l.must(err)
	for _, s := range listed.Shards {
		if *s.ShardId == shard {
			low, _ := new(big.Int).SetString(*s.HashKeyRange.StartingHashKey, 10)
			high, _ := new(big.Int).SetString(*s.HashKeyRange.EndingHashKey, 10)
			_, err := l.sdk.SplitShard(l.t.Context(), &kinesis.SplitShardInput{StreamName: aws.String("orders"), ShardToSplit: &shard,
				NewStartingHashKey: aws.String(low.Add(low, high).Rsh(low, 1).String())})
			l.must(err)
		}
	}
}

func (l *liveEndpoint) merge(shard, adjacent string) {
	l.t.Helper()
	_, err := l.sdk.MergeShards(l.t.Context(), &kinesis.MergeShardsInput{StreamName: aws.String("orders"), ShardToMerge: &shard, AdjacentShardToMerge: &adjacent})
	l.must(err)
}

type liveClient interface {
	Client
	reader.Client
}

// liveRun is one run over a liveEndpoint.
type liveRun struct {
	reader   reader.Options
	o        Options
	client   liveClient
	payloads []string
	messages []string
	mu       sync.Mutex
}

func (l *liveEndpoint) run() *liveRun {
	r := &liveRun{reader: reader.DefaultOptions(), o: DefaultOptions(), client: l}
	r.reader.Streams = []string{"orders"}
	r.reader.InitialPosition = record.Position{Kind: record.TrimHorizon}
	r.reader.MaxFetchDuration = 200 * time.Millisecond
	r.reader.Encode = func(dst []byte, rec record.Record) ([]byte, error) { return append(append(dst, rec.Data...), ' '), nil }
	r.o.Streams = r.reader.Streams
	r.o.Subscribe = l.SubscribeToShard
	info := func(m string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.messages = append(r.messages, m)
	}
	r.o.Info, r.reader.Info = info, info
	return r
}

func (r *liveRun) do(ctx context.Context) error {
	f, err := New(r.client, r.o)
	if err != nil {
		return err
	}
	r.reader.Source, r.reader.Silence = f.Source, f.Silence()
	core, err := reader.New(r.client, r.reader)
	if err != nil {
		return err
	}
	err = core.Run(ctx, reader.HandlerOf(func(b *reader.Batch) error {
		for _, block := range b.Blocks {
			r.payloads = append(r.payloads, strings.Fields(string(block.Data))...)
		}
		return nil
	}))
	return errors.Join(err, f.Close(ctx))
}

// doFor runs it for d, and fails the test if it ends earlier.
func (r *liveRun) doFor(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := r.do(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the run ended: %v", err)
	}
}

// wantOnce checks that the payloads are 1 to n, each once.
func wantOnce(t *testing.T, n int, got ...string) {
	t.Helper()
	seen := map[string]int{}
	for _, g := range got {
		seen[g]++
	}
	missing, twice := 0, 0
	for i := 1; i <= n; i++ {
		switch seen[strconv.Itoa(i)] {
		case 0:
			missing++
		case 1:
		default:
			twice++
		}
	}
	if len(seen) > n || missing > 0 || twice > 0 {
		t.Errorf("%d records came: %d of %d are missing, %d came twice", len(got), missing, n, twice)
	}
}

// countMessages returns how many messages contain text.
func (r *liveRun) countMessages(text string) int {
	n := 0
	for _, s := range r.messages {
		if strings.Contains(s, text) {
			n++
		}
	}
	return n
}

const shard0, shard1 = "shardId-000000000000", "shardId-000000000001"

// endings are the faults that hide the end of a shard, and their messages.
var endings = map[string]string{
	"no-end:break": "3 subscriptions in a row made no progress, and the shard is closed: reading it to its end with GetRecords",
	"no-end:close": "3 subscriptions in a row made no progress, and the shard is closed: reading it to its end with GetRecords",
	"no-end:idle":  "the shard is closed, and its subscription does not end: reading it to its end with GetRecords",
}

// At the end of a shard the server breaks the connection, ends the stream, or sends empty events.
func TestFault11UnannouncedEndIsReadWithGetRecords(t *testing.T) {
	for ending, want := range endings {
		for name, test := range map[string]func(*liveEndpoint, *liveRun){
			"split during the run": func(l *liveEndpoint, r *liveRun) {
				l.fill(1000)
				time.AfterFunc(7*time.Second, func() {
					l.split(shard0)
					l.fill(1000)
				})
				r.doFor(l.t, 2*time.Minute)
			},
			"merged during the run": func(l *liveEndpoint, r *liveRun) {
				l.fill(500)
				time.AfterFunc(7*time.Second, func() {
					l.merge(shard0, shard1)
					l.fill(500)
				})
				r.doFor(l.t, 2*time.Minute)
			},
			"split and merged before the run": func(l *liveEndpoint, r *liveRun) {
				l.fill(300)
				l.split(shard0)
				l.fill(300)
				l.merge("shardId-000000000002", "shardId-000000000003")
				l.fill(300)
				r.reader.AvailableNow = true
				l.must(r.do(l.t.Context()))
			},
			"up to a time": func(l *liveEndpoint, r *liveRun) {
				l.fill(300)
				l.split(shard0)
				l.fill(300)
				time.Sleep(time.Second)
				r.reader.To = record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: time.Now()}}
				time.Sleep(time.Second)
				l.must(r.do(l.t.Context()))
			},
			"up to a limit": func(l *liveEndpoint, r *liveRun) {
				l.fill(300)
				l.split(shard0)
				l.fill(300)
				r.reader.Limit = 600
				l.must(r.do(l.t.Context()))
			},
		} {
			t.Run(ending+"/"+name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					l := newLive(t, 2, "SubscribeToShard="+ending)
					r := l.run()
					test(l, r)
					wantOnce(t, l.put, r.payloads...)
					if got := r.countMessages("orders/" + shard0 + ": " + want); got != 1 {
						t.Errorf("reported %d times, want once: %q", got, r.messages)
					}
				})
			})
		}
	}
}

// A checkpoint saved while GetRecords reads the rest works for runs in both modes.
func TestFault11CheckpointDuringPollingWorksInBothModes(t *testing.T) {
	for ending := range endings {
		t.Run(ending, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLive(t, 1, "SubscribeToShard="+ending)
				positions := newMemory()
				var got []string
				for i, limit := range []int64{100, 150, 200, 150} {
					if i == 0 {
						l.fill(300)
						l.split(shard0)
						l.fill(300)
					}
					r := l.run()
					r.reader.Positions, r.reader.Limit = positions, limit
					r.o.Name = "test"
					if i == 2 { // a polling run in between
						r.reader.MinFetchPeriod = 200 * time.Millisecond
						core, err := reader.New(l, r.reader)
						l.must(err)
						l.must(core.Run(t.Context(), reader.HandlerOf(func(b *reader.Batch) error {
							for _, block := range b.Blocks {
								r.payloads = append(r.payloads, strings.Fields(string(block.Data))...)
							}
							return nil
						})))
					} else {
						l.must(r.do(t.Context()))
					}
					got = append(got, r.payloads...)
				}
				wantOnce(t, 600, got...)
				if at := positions.file.Streams[0].Shards[shard0]; at.Kind != record.ShardEnd || at.Continuation != "" {
					t.Errorf("the position of %s is %+v", shard0, at)
				}
			})
		})
	}
}

// denied is a client without permission for GetRecords.
type denied struct{ *liveEndpoint }

func (d denied) GetShardIterator(context.Context, *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	return nil, apiError("AccessDeniedException")
}

func TestFault11DeniedGetRecordsErrorHasItsPurpose(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLive(t, 1, "SubscribeToShard=no-end")
		l.fill(10)
		l.split(shard0)
		r := l.run()
		r.client = denied{l}
		err := r.do(t.Context())
		var call *service.CallError
		if !errors.As(err, &call) || call.Call != "GetShardIterator" || !strings.HasPrefix(err.Error(), "read the rest of orders/"+shard0+" with GetRecords: GetShardIterator for ") {
			t.Errorf("got %v", err)
		}
		wantOnce(t, 10, r.payloads...)
	})
}

// kin keeps subscribing to an open shard with growing waits, and reports the stalls once a minute.
func TestFault11StallsOfAnOpenShardAreReported(t *testing.T) {
	for name, script := range map[string]script{
		"breaks off":            sends(step{err: errors.New("unexpected EOF")}),
		"ends":                  sends(streamEnd),
		"an event that repeats": sends(sendsEvent(emptyEvent(2)), streamEnd),
		"an event, and breaks":  sends(sendsEvent(emptyEvent(2)), step{err: errors.New("unexpected EOF")}),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(sendsEvent(records(1, 2)), streamEnd))
				for range 50 {
					s.script("a", script)
				}
				r := newRun(s)
				r.doFor(5 * time.Minute)
				reports := 0
				for _, messages := range r.messages {
					if strings.HasPrefix(messages, "orders/a: ") && strings.Contains(messages, " subscriptions in a row made no progress (") && strings.HasSuffix(messages, "): subscribing again") {
						reports++
					}
				}
				if reports < 3 || reports > 5 {
					t.Errorf("%d reports in 5 minutes, want one a minute: %q", reports, r.messages)
				}
				if !slices.ContainsFunc(r.messages, func(m string) bool { return strings.HasPrefix(m, "orders/a: 3 subscriptions in a row") }) {
					t.Errorf("the third in a row was not reported: %q", r.messages)
				}
				gaps := s.gaps()
				if last := gaps[len(gaps)-1]; len(gaps) > 25 || last < maxWait/2 {
					t.Errorf("the waits did not grow: %v", gaps)
				}
			})
		})
	}
}

// Subscriptions of an idle shard that last their full time are not stalls, even if the continuation
// never moves.
func TestFault11IdleShardIsNotAStall(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		for range 6 {
			var steps []step
			for range 59 {
				steps = append(steps, step{5 * time.Second, emptyEvent(7), nil})
			}
			s.script("a", sends(append(steps, step{5 * time.Second, nil, streamEnd.err})...))
		}
		r := newRun(s)
		r.doFor(29 * time.Minute)
		if len(r.messages) > 0 {
			t.Errorf("messages %q", r.messages)
		}
		if calls := s.callsFor("a"); len(calls) != 6 {
			t.Errorf("calls: %q", calls)
		}
	})
}

// An outage does not end the subscriptions of a shard. kin subscribes once more when ListShards
// answers.
func TestFault11OutageIsNotTheEndOfAClosedShard(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newService(t, "a")
		s.shards[0].SequenceNumberRange = &types.SequenceNumberRange{EndingSequenceNumber: aws.String("9")}
		s.script("a", sends(sendsEvent(records(1, 2)), step{time.Second, nil, errors.New("cut")}))
		for range 3 {
			s.script("a", script{refuse: errors.New("dial tcp: connection refused")})
		}
		s.script("a", sends(sendsEvent(records(3, 4)), sendsEvent(endEvent(child("b", "a")))))
		r := newRun(s)
		r.doFor(2 * time.Minute)
		if got := r.text(); got != "1 2 3 4 " {
			t.Errorf("got %q, messages %q", got, r.messages)
		}
	})
}

func TestFault11EndpointFaultHidesTheEndOfAShard(t *testing.T) {
	// Checks the fault of the endpoint that the tests above rely on.
	for ending := range endings {
		t.Run(ending, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLive(t, 1, "SubscribeToShard="+ending)
				l.fill(3)
				l.split(shard0)
				arn := "arn:aws:kinesis:us-east-1:000000000000:stream/orders"
				made, err := l.RegisterStreamConsumer(t.Context(), &service.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: "c"})
				l.must(err)
				s, err := l.SubscribeToShard(t.Context(), &service.SubscribeToShardInput{
					ConsumerARN: *made.Consumer.ConsumerARN, ShardID: shard0,
					StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
				})
				l.must(err)
				defer s.Close()
				records := 0
				for range 10 {
					e, err := s.Next()
					if err != nil {
						if ending == "no-end:idle" {
							t.Errorf("it ended: %v", err)
						}
						break
					}
					if e == nil {
						continue
					}
					records += len(e.Records)
					if e.ContinuationSequenceNumber == nil || len(e.ChildShards) > 0 {
						t.Fatal(fmt.Sprint("the end was announced: ", e))
					}
				}
				if records != 3 {
					t.Errorf("%d records, want 3", records)
				}
			})
		})
	}
}

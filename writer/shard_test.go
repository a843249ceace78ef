package writer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
	"kin/writer/queue"
)

// recordInShard returns a record with an explicit hash key in one of several equal shards.
func recordInShard(shard, shards int, data string) Record {
	return Record{PartitionKey: data, ExplicitHashKey: *listed(make([]string, shards)).Shards[shard].HashKeyRange.EndingHashKey, Data: []byte(data)}
}

// KINESIS.md 2.5: a shard that refuses everything does not block the others. The pauses
// between its requests grow.
func TestHotShardDoesNotBlockTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var last time.Duration // when the other shard got its last record
		hot := 0
		s := &memoryStream{shards: fourShards()[:2]}
		s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			fails := map[int]string{}
			for i, e := range in.Records {
				if s.shardOf(e) == s.shards[0] {
					fails[i] = service.CodeShardLimit
				} else {
					last = time.Since(began)
				}
			}
			if len(fails) > 0 {
				hot++
			}
			return s.store(in, fails), nil
		}
		o := options()
		o.RetryFor = time.Minute
		w := newWriter(t, s, o)
		got, err := w.Run(t.Context(), source(func(i int) (Record, error) {
			if i > 4000 {
				return Record{}, io.EOF
			}
			return recordInShard(i%2, 2, strconv.Itoa(i)), nil
		}))
		var rejected *RejectedError
		if !errors.As(err, &rejected) || got.Written != 2000 {
			t.Errorf("got %+v, %v, want the 2,000 of the other shard written", got, err)
		}
		if last > 2*time.Second {
			t.Errorf("the other shard had its records after %s, want the 1.5s that its rate takes", last)
		}
		if hot > 25 {
			t.Errorf("%d requests to the hot shard in a minute, want growing pauses", hot)
		}
		shards := w.Shards()
		if len(shards) != 2 || shards[1].Written != 2000 || shards[1].Retried != 0 || shards[0].Rejected != rejected.Records {
			t.Errorf("got %+v", shards)
		}
	})
}

// KINESIS.md 2.5: kin keeps to the limits of each shard, and the shards together reach
// their full throughput.
func TestKeepsToTheLimitsOfEachShard(t *testing.T) {
	for _, tt := range []struct {
		name    string
		records int
		data    int
	}{
		{"records", 12_000, 10},
		{"bytes", 1200, 20_000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{shards: fourShards()}
				limits := newBuckets(s)
				s.put = limits.put
				data := make([]byte, tt.data)
				var size int
				got, err := newWriter(t, s, options()).Run(t.Context(), source(func(i int) (Record, error) {
					if i > tt.records {
						return Record{}, io.EOF
					}
					r := recordInShard(i%4, 4, strconv.Itoa(i))
					r.Data = data
					size += len(r.Data) + len(r.PartitionKey) + len(r.ExplicitHashKey)
					return r, nil
				}))
				if err != nil || got.Written != int64(tt.records) || limits.refused > 0 {
					t.Errorf("got %+v, %v, %d refused, want all written and none refused", got, err, limits.refused)
				}
				each := max(float64(tt.records)/4/queue.ShardRecords, float64(size)/4/queue.ShardBytes)
				if took := got.Duration.Seconds(); took > each || took < each-1 {
					t.Errorf("took %.2fs, want up to %.2fs", took, each)
				}
			})
		})
	}
}

// buckets are the write limits of shards, as kin local applies them.
type buckets struct {
	s              *memoryStream
	began          time.Time
	records, bytes map[string]float64 // used since began
	refused        int
}

func newBuckets(s *memoryStream) *buckets {
	return &buckets{s: s, began: time.Now(), records: map[string]float64{}, bytes: map[string]float64{}}
}

func (b *buckets) put(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
	time.Sleep(15 * time.Millisecond)
	b.s.mu.Lock()
	fails := map[int]string{}
	now := time.Since(b.began).Seconds()
	for i, e := range in.Records {
		shard, size := b.s.shardOf(e), float64(len(e.Data)+len(*e.PartitionKey))
		b.records[shard] = max(b.records[shard], (now-1)*1000) // a full bucket gets no more tokens
		b.bytes[shard] = max(b.bytes[shard], (now-1)*(1<<20))
		if b.records[shard]+1 > now*1000+1000 || b.bytes[shard]+size > now*(1<<20)+(1<<20) {
			fails[i] = service.CodeShardLimit
			b.refused++
			continue
		}
		b.records[shard]++
		b.bytes[shard] += size
	}
	b.s.mu.Unlock()
	return b.s.store(in, fails), nil
}

// KINESIS.md bug 30: for a minute, the input is twice as fast as the shards and ignores
// their limits. Memory stays bounded, and everything is written in the end.
func TestOverloadIsBoundedAndDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: fourShards()[:2], forgetful: true}
		limits := newBuckets(s)
		s.put = limits.put
		o := options()
		o.Unshaped = true
		w := newWriter(t, s, o)
		const rate, seconds = 4000, 60
		peak := 0
		data := make([]byte, 1000)
		got, err := w.Run(t.Context(), source(func(i int) (Record, error) {
			if i > rate*seconds {
				return Record{}, io.EOF
			}
			if i%(rate/100) == 0 {
				time.Sleep(10 * time.Millisecond)
				w.mu.Lock()
				w.running.mu.Lock()
				peak = max(peak, w.running.account.backlog.bytes)
				w.running.mu.Unlock()
				w.mu.Unlock()
			}
			return Record{PartitionKey: strconv.Itoa(i), Data: data}, nil
		}))
		if err != nil || got.Written != rate*seconds || got.Rejected != 0 {
			t.Errorf("got %+v, %v, want all written", got, err)
		}
		if peak > bufferBytes || peak < bufferBytes/2 {
			t.Errorf("%d bytes held at the most, want the buffer to fill and no more", peak)
		}
		if len(s.requests) > 20*seconds*2*2 {
			t.Errorf("%d requests are too many", len(s.requests))
		}
		if got.Duration > 140*time.Second {
			t.Errorf("took %s, want little more than the 2m that the shards take", got.Duration)
		}
	})
}

// KINESIS.md 2.4 and bug 30: a record that went to another shard than predicted makes kin
// list the shards again. The number of that shard may be higher or lower.
func TestListsShardsAgainAfterAMisprediction(t *testing.T) {
	for name, after := range map[string][]string{
		"higher": {"shardId-000000000007", "shardId-000000000008"},
		"lower":  {"shardId-000000000000"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{shards: []string{"shardId-000000000003", "shardId-000000000004"}}
				began := time.Now()
				s.put = func(context.Context, int, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					if time.Since(began) > 2*time.Second {
						s.mu.Lock()
						s.shards = after
						s.mu.Unlock()
					}
					return nil, nil
				}
				w := newWriter(t, s, options())
				next := keyed(600, 50)
				got, err := w.Run(t.Context(), func(ctx context.Context) (Record, error) {
					time.Sleep(10 * time.Millisecond)
					return next(ctx)
				})
				if err != nil || got.Written != 600 {
					t.Errorf("got %+v, %v", got, err)
				}
				if s.lists != 2 {
					t.Errorf("shards listed %d times, want at the start and once anew", s.lists)
				}
				if record, twice := disorder(s.stored); record != "" || twice != "" {
					t.Errorf("%q stored after a later record of its key, %q stored twice", record, twice)
				}
				var ids []string
				for _, r := range w.running.queue.Shards() {
					ids = append(ids, r.ShardID)
				}
				equal(t, "shards", ids, after)
			})
		})
	}
}

// If no list predicts the right shards, kin stops listing.
func TestStopsListingShardsAfterManyMispredictions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &memoryStream{shards: []string{"shardId-000000000003"}}
		s.put = func(_ context.Context, _ int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			out := s.store(in, nil)
			for i := range out.Records {
				out.Records[i].ShardId = aws.String("shardId-000000000009")
			}
			return out, nil
		}
		w := newWriter(t, s, options())
		next := keyed(12_000, 50)
		got, err := w.Run(t.Context(), func(ctx context.Context) (Record, error) {
			time.Sleep(10 * time.Millisecond)
			return next(ctx)
		})
		if err != nil || got.Written != 12_000 || s.lists > maxRelistTries+1 {
			t.Errorf("got %+v, %v, shards listed %d times, want at most %d", got, err, s.lists, maxRelistTries+1)
		}
		if record, twice := disorder(s.stored); record != "" || twice != "" {
			t.Errorf("%q stored after a later record of its key, %q stored twice", record, twice)
		}
	})
}

// paged is a service with a paged list of shards. Like the real service, it accepts a token
// only without a stream name or a filter.
type paged struct {
	*memoryStream
	pages [][]types.Shard
	asked []service.ListShardsInput
}

func (p *paged) ListShards(_ context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	p.asked = append(p.asked, *in)
	at := 0
	if in.NextToken != "" {
		if in.StreamName != "" || in.ShardFilter != nil {
			return nil, answered(400, &types.InvalidArgumentException{})
		}
		at, _ = strconv.Atoi(in.NextToken)
	}
	out := &service.ListShardsOutput{Shards: p.pages[at]}
	if at+1 < len(p.pages) {
		out.NextToken = strconv.Itoa(at + 1)
	}
	return out, nil
}

func TestListsOpenShardsPageByPage(t *testing.T) {
	all := listed(fourShards()).Shards
	closed := all[0]
	closed.ShardId, closed.SequenceNumberRange = aws.String("shardId-000000000099"), &types.SequenceNumberRange{EndingSequenceNumber: aws.String("9")}
	p := &paged{memoryStream: &memoryStream{}, pages: [][]types.Shard{{all[3], closed}, {all[0], all[3]}, {all[2], all[1]}}}
	ranges, err := listShards(t.Context(), p, new(service.Allowance), "orders")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range ranges {
		ids = append(ids, r.ShardID)
	}
	equal(t, "shards", ids, fourShards())
	if len(p.asked) != 3 || p.asked[0].ShardFilter == nil || p.asked[0].ShardFilter.Type != types.ShardFilterTypeAtLatest {
		t.Errorf("requests %+v", p.asked)
	}
	p.pages = [][]types.Shard{{all[0], all[2], all[3]}}
	if ranges, err := listShards(t.Context(), p, new(service.Allowance), "orders"); err == nil {
		t.Errorf("got %v, want an error for a list with a hole", ranges)
	}
}

// The predicted shard is that of the MD5 of the key, or of the explicit hash key.
func TestPredictsTheShardOfARecord(t *testing.T) {
	s := &memoryStream{shards: []string{"a", "b", "c", "d", "e", "f", "g"}}
	ranges, err := listShards(t.Context(), s, new(service.Allowance), "orders")
	if err != nil {
		t.Fatal(err)
	}
	m := queue.New(queue.Options{Limited: true}, ranges, time.Now())
	for i := range 1000 {
		r := Record{PartitionKey: fmt.Sprint("key", i)}
		if i%3 == 0 {
			r = recordInShard(i%7, 7, r.PartitionKey)
		}
		e := types.PutRecordsRequestEntry{PartitionKey: &r.PartitionKey}
		if r.ExplicitHashKey != "" {
			e.ExplicitHashKey = &r.ExplicitHashKey
		}
		if got, want := m.Predict(&r), s.shardOf(e); got != want {
			t.Fatalf("%+v: got %s, want %s", r, got, want)
		}
	}
	if !slices.IsSortedFunc(m.Shards(), func(a, b queue.Range) int { return a.Starting.Compare(b.Starting) }) {
		t.Error("the ranges are not in order")
	}
}

// Requests that fail together fail for the same cause. It counts once for the pause of the
// service or of a shard.
func TestConcurrentFailuresCountOnce(t *testing.T) {
	for name, fail := range map[string]func(*memoryStream, *service.PutRecordsInput) (*service.PutRecordsOutput, error){
		"the service": func(*memoryStream, *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			return nil, throttled()
		},
		"a shard": func(s *memoryStream, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			fails := map[int]string{}
			for i := range in.Records {
				fails[i] = "InternalFailure"
			}
			return s.store(in, fails), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &memoryStream{shards: fourShards()[:1]}
				s.put = func(_ context.Context, n int, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
					time.Sleep(time.Duration(n) * time.Millisecond)
					if n <= 8 {
						return fail(s, in)
					}
					return nil, nil
				}
				o := options()
				o.Unshaped = true
				got, err := newWriter(t, s, o).Run(t.Context(), source(func(i int) (Record, error) {
					if i > 4000 {
						return Record{}, io.EOF
					}
					return Record{PartitionKey: strconv.Itoa(i)}, nil
				}))
				if err != nil || got.Written != 4000 || got.Retried != 4000 || got.Duration > time.Second/2 {
					t.Errorf("got %+v, %v, want all written after one short pause", got, err)
				}
			})
		})
	}
}

package survey

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/service"
)

// slowList is an account of which each page of streams takes a while; the last one hangs, if
// it is to.
type slowList struct {
	*account
	pages int
	takes time.Duration
	hangs bool
}

func (s slowList) ListStreams(ctx context.Context, in *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
	page := 0
	_, _ = fmt.Sscanf(in.ExclusiveStartStreamName, "stream-%d", &page)
	takes := s.takes
	if page++; s.hangs && page == s.pages {
		takes = time.Hour
	}
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return &service.ListStreamsOutput{StreamNames: []string{fmt.Sprintf("stream-%03d", page)}, HasMoreStreams: aws.Bool(page < s.pages)}, nil
}

// The time of a list counts from the last page that brought something new.
func TestFault14ASlowListOfStreamsIsReadToItsEnd(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var said []string
			began := time.Now()
			streams, err := Streams(t.Context(), slowList{accountOf(21), 20, 3 * time.Second, hangs}, func(m string) { said = append(said, m) }, nil)
			switch took := time.Since(began); {
			case !hangs && (err != nil || len(streams) != 20 || len(said) > 0):
				t.Errorf("%d streams, %v, said %q", len(streams), err, said)
			case hangs && (err == nil || took != 19*3*time.Second+listTimeout || len(said) == 0 || !strings.Contains(said[0], "ListStreams: no answer from the service for 5s")):
				t.Errorf("after %s %v, said %q", took, err, said)
			}
		})
	}
}

// unread is a stream whose shard cannot be fetched.
type unread struct {
	oneShard
	shard types.Shard
}

func (u unread) ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error) {
	return &service.ListShardsOutput{Shards: []types.Shard{u.shard}}, nil
}

func (unread) GetShardIterator(context.Context, *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	return &service.GetShardIteratorOutput{ShardIterator: "i"}, nil
}

func (unread) GetRecords(context.Context, *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "InternalFailure"}
}

// A sample whose fetches fail says so after 5 s, and nothing else that a run would say.
func TestFault14ASampleThatWaitsSaysWhatFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var said []string
		shard := listed("shardId-000000000000", "", "", "0", "340282366920938463463374607431768211455", false)
		shards, err := shardsOf([]types.Shard{shard})
		if err != nil {
			t.Fatal(err)
		}
		s := &Stream{Given: "orders", At: time.Now(), Shards: shards}
		_, err = s.Sample(t.Context(), unread{shard: shard}, SampleOptions{For: 2 * time.Second, Info: func(m string) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, m)
		}})
		if err == nil || len(said) != 1 || !strings.HasPrefix(said[0], "still trying: GetRecords for orders/shardId-000000000000: InternalFailure") {
			t.Errorf("%v, said %q", err, said)
		}
	})
}

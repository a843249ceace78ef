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

// slowList is an account with slow pages of streams. If hangs, the last page never arrives.
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

// The time limit of a list counts from the last page with a new stream.
func TestFault14SlowListOfStreamsIsReadToItsEnd(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var messages []string
			began := time.Now()
			streams, err := Streams(t.Context(), slowList{newAccount(21), 20, 3 * time.Second, hangs}, func(m string) { messages = append(messages, m) }, nil)
			switch took := time.Since(began); {
			case !hangs && (err != nil || len(streams) != 20 || len(messages) > 0):
				t.Errorf("%d streams, %v, messages %q", len(streams), err, messages)
			case hangs && (err == nil || took != 19*3*time.Second+listTimeout || len(messages) == 0 || !strings.Contains(messages[0], "ListStreams: no answer from the service for 5s")):
				t.Errorf("after %s %v, messages %q", took, err, messages)
			}
		})
	}
}

// unreadableShard is a stream whose shard cannot be fetched.
type unreadableShard struct {
	oneShard
	shard types.Shard
}

func (u unreadableShard) ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error) {
	return &service.ListShardsOutput{Shards: []types.Shard{u.shard}}, nil
}

func (unreadableShard) GetShardIterator(context.Context, *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	return &service.GetShardIteratorOutput{ShardIterator: "i"}, nil
}

func (unreadableShard) GetRecords(context.Context, *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	return nil, &smithy.GenericAPIError{Code: "InternalFailure"}
}

// A sample with failing fetches is reported after 5 s. No other message of a run appears.
func TestFault14FailingSampleIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var messages []string
		shard := listedShard("shardId-000000000000", "", "", "0", "340282366920938463463374607431768211455", false)
		shards, err := shardsOf([]types.Shard{shard})
		if err != nil {
			t.Fatal(err)
		}
		s := &Stream{Given: "orders", At: time.Now(), Shards: shards}
		_, err = s.Sample(t.Context(), unreadableShard{shard: shard}, SampleOptions{For: 2 * time.Second, Info: func(m string) {
			mu.Lock()
			defer mu.Unlock()
			messages = append(messages, m)
		}})
		if err == nil || len(messages) != 1 || !strings.HasPrefix(messages[0], "still trying: GetRecords for orders/shardId-000000000000: InternalFailure") {
			t.Errorf("%v, messages %q", err, messages)
		}
	})
}

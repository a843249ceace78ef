package reader

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/kinesistest"
	"kin/internal/local"
	"kin/internal/service"
)

func TestRule1_5_AcceptsShardsInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		s.Split(0)
		s.Put(1, "2")
		s.Put(2, "3")
		s.MergeInto(1, 2)
		s.Put(3, "4")
		time.Sleep(2 * time.Second)
		backwards := &kinesistest.Watched{StreamAPI: s, After: func(out any) {
			if out, ok := out.(*service.ListShardsOutput); ok {
				slices.Reverse(out.Shards)
			}
		}}
		got, err := readFor(t, backwards, time.Minute, bounded())
		s.Must(err)
		once(t, got, numbers(1, 4))
		ordered(t, got, "1", "2", "4")
		ordered(t, got, "1", "3", "4")
	})
}

func TestRule1_5_WaitsForAStreamBeingCreatedAndReadsOneBeingUpdated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 0, local.Options{CreatingDelay: 20 * time.Second, UpdatingDelay: time.Hour})
		_, err := s.SDK.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
		s.Must(err)
		s.Meanwhile(func() {
			time.Sleep(40 * time.Second)
			s.Put(0, "1")
			s.Split(0)
			s.Put(2, "2")
		})
		o := testOptions()
		got, err := readFor(t, s, 2*time.Minute, o)
		s.Must(err)
		ordered(t, got, "1", "2")
	})
}

func TestRule1_5_RetriesThrottledListShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		time.Sleep(2 * time.Second)
		s.Fault("ListShards=LimitExceededException*8")
		got, err := readFor(t, s, time.Minute, bounded())
		s.Must(err)
		once(t, got, []string{"1"})
	})
}

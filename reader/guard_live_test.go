package reader

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
)

// blockedFor reads a stream into an output that blocks for d at its first batch, and returns what
// was written.
func blockedFor(t *testing.T, s *kinesistest.Service, o Options, d time.Duration) (got []string, err error) {
	t.Helper()
	o.MaxFetchDuration, o.FetchBufferSize = 200*time.Millisecond, 1 // a block at a time
	o.ShardFetchInterval = time.Hour
	err = readInto(t, s, d+time.Minute, o, func(b *Batch) error {
		if len(got) == 0 {
			time.Sleep(d)
		}
		got = append(got, batchRecords(b)...)
		return nil
	})
	return got, err
}

func TestRunThatWasBlockedLongerThanTheRetentionReportsALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		s.Meanwhile(func() {
			time.Sleep(time.Minute)
			s.Put(0, "2") // which is not read in time
			time.Sleep(29 * time.Hour)
			s.Put(0, "3")
		})
		o, m := testOptions(), kinesistest.NewMemory()
		o.Positions = m
		got, err := blockedFor(t, s, o, 30*time.Hour)
		var loss *DataLossError
		if !errors.As(err, &loss) || !slices.Equal(got, []string{"1"}) || !strings.Contains(err.Error(), "may be gone") {
			t.Fatalf("got %q, %v", got, err)
		}
		if at := m.Position(families.ShardName(0)); !strings.HasPrefix(at, "AFTER_SEQUENCE_NUMBER") {
			t.Errorf("is at %s", at)
		}
	})
}

func TestReportsAllowedDataLossAndContinues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		s.Meanwhile(func() {
			time.Sleep(time.Minute)
			s.Put(0, "2")
			time.Sleep(29 * time.Hour)
			s.Put(0, "3")
		})
		o := testOptions()
		messages, info := kinesistest.CollectMessages()
		o.Positions, o.AllowDataLoss, o.Info = kinesistest.NewMemory(), true, info
		got, err := blockedFor(t, s, o, 30*time.Hour)
		if err != nil || !slices.Equal(got, []string{"1", "3"}) || !strings.Contains(strings.Join(messages(), "\n"), "may be gone") {
			t.Errorf("got %q, %v, messages %q", got, err, messages())
		}
	})
}

func TestFetchesTheRetentionBeforeItReportsAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		s.Meanwhile(func() {
			time.Sleep(time.Minute)
			s.Put(0, "2")
			_, err := s.SDK.IncreaseStreamRetentionPeriod(t.Context(), &kinesis.IncreaseStreamRetentionPeriodInput{
				StreamName: aws.String("orders"), RetentionPeriodHours: aws.Int32(48),
			})
			s.Must(err)
		})
		o := testOptions()
		o.Positions = kinesistest.NewMemory()
		got, err := blockedFor(t, s, o, 30*time.Hour)
		if err != nil || !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// vanishing lists the shard a once, and does not find it afterwards.
func vanishing() *kinesistest.Fake {
	f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}}, &kinesistest.Shard{ID: "b", Records: []int{3}})
	listed := 0
	f.Hook = func(call, shard string) error {
		if call == "ListShards" {
			if listed++; listed == 2 {
				f.Change(func() { f.Shards = f.Shards[1:] })
			}
		}
		if call == "GetShardIterator" && strings.HasPrefix(shard, "a ") {
			return kinesistest.APIError("ResourceNotFoundException")
		}
		return nil
	}
	return f
}

func TestShardTrimmedBeforeItWasReadEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const notFound = "orders/a is no longer retained; its records after its start are gone"
		o := testOptions()
		o.Positions, o.AvailableNow = kinesistest.NewMemory(), true
		_, err := collectRun(t.Context(), t, vanishing(), o)
		var loss *DataLossError
		if !errors.As(err, &loss) || err.Error() != notFound {
			t.Errorf("got %v", err)
		}
		messages, info := kinesistest.CollectMessages()
		o.Positions, o.AllowDataLoss, o.Info = kinesistest.NewMemory(), true, info
		got, err := collectRun(t.Context(), t, vanishing(), o)
		if err != nil || strings.Join(got, " ") != "3" || !slices.Contains(messages(), notFound) {
			t.Errorf("got %q, %v, messages %q", got, err, messages())
		}
	})
}

func TestReportsAnAllowedLossOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		time.Sleep(3 * time.Second)
		o, m := bounded(), kinesistest.NewMemory()
		o.Positions = m
		_, err := readFor(t, s, time.Minute, o)
		s.Must(err)
		// A shard that was half read and is no longer listed. It is older than the listed shards.
		m.File.Streams[0].Shards[families.ShardName(0)[:len(families.ShardName(0))-1]] = checkpoint.Shard{
			Position:    record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: "7"},
			ReadThrough: record.Time{Time: s.Now().Add(-72 * time.Hour)},
		}
		var loss *DataLossError
		if _, err := readFor(t, s, time.Minute, o); !errors.As(err, &loss) {
			t.Fatalf("got %v", err)
		}
		o.AllowDataLoss = true
		_, err = readFor(t, s, time.Minute, o)
		s.Must(err)
		o.AllowDataLoss = false
		_, err = readFor(t, s, time.Minute, o)
		s.Must(err)
	})
}

func TestTimeoutIncludesTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, hook := range map[string]func(ctx context.Context) error{
			"slow":    func(context.Context) error { time.Sleep(15 * time.Second); return nil },
			"refused": func(context.Context) error { return kinesistest.APIError("InternalFailure") },
		} {
			f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}})
			f.Hook = func(call, _ string) error {
				if call == "ListShards" {
					return hook(t.Context())
				}
				return nil
			}
			o := testOptions()
			o.AvailableNow, o.Timeout = true, 10*time.Second
			began := time.Now()
			_, err := collectRun(t.Context(), t, f, o)
			var late *TimeoutError
			if !errors.As(err, &late) || time.Since(began) > 16*time.Second {
				t.Errorf("%s: got %v after %s", name, err, time.Since(began))
			}
		}
	})
}

func TestTimeoutBeforeTheIdleTimeoutIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := testOptions()
		o.Timeout, o.IdleTimeout = time.Second, 5*time.Second
		_, err := collectRun(t.Context(), t, kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1}}), o)
		var late *TimeoutError
		if !errors.As(err, &late) {
			t.Errorf("got %v", err)
		}
	})
}

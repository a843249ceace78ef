package reader

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/local"
	"kin/internal/record"
)

// lagsOver runs a reader for d and returns each shard's lag at the end.
func lagsOver(t *testing.T, client Client, d time.Duration, o Options) map[string]time.Duration {
	t.Helper()
	r, err := New(client, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Timeout = d
	lags := map[string]time.Duration{}
	r.o.Timeout = d
	err = r.Run(t.Context(), HandlerOf(func(*Batch) error { return nil }))
	var timeout *TimeoutError
	if err != nil && (!errors.As(err, &timeout) || !timeout.Unanswered) { // a shard may not have answered
		t.Fatal(err)
	}
	for _, lag := range r.Progress().Lags {
		lags[lag.ShardID] = time.Duration(lag.MillisBehindLatest) * time.Millisecond
	}
	return lags
}

func within(t *testing.T, what string, got, least, most time.Duration) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s: %s behind, want %s to %s", what, got, least, most)
	}
}

func TestSilentShardFallsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		time.AfterFunc(5*time.Second, func() { s.Fault("GetRecords=InternalFailure") })
		lags := lagsOver(t, s, 30*time.Second, testOptions())
		within(t, "a shard that has failed for 25 s", lags[families.ShardName(0)], 18*time.Second, 25*time.Second)
	})
}

func TestUnreadChildIsBehindSinceItsParentEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		time.Sleep(time.Second)
		s.Split(0)
		s.Put(1, "2")
		time.Sleep(25 * time.Minute)
		// The parent is read; the iterators of its children fail.
		w := &kinesistest.Watched{StreamAPI: s, Before: func(call string) error {
			if call == "GetShardIterator "+families.ShardName(1) || call == "GetShardIterator "+families.ShardName(2) {
				return kinesistest.APIError("InternalFailure")
			}
			return nil
		}}
		lags := lagsOver(t, w, 10*time.Second, testOptions())
		within(t, "a child of 25 minutes ago", lags[families.ShardName(1)], 25*time.Minute, 26*time.Minute)
	})
}

func TestChildOfAShardThatEndedAtItsTipIsNotFarBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		time.Sleep(time.Hour) // since the parent's last record
		w := &kinesistest.Watched{StreamAPI: s, Before: func(call string) error {
			if call == "GetShardIterator "+families.ShardName(1) || call == "GetShardIterator "+families.ShardName(2) {
				return kinesistest.APIError("InternalFailure")
			}
			return nil
		}}
		time.AfterFunc(5*time.Second, func() { s.Split(0) })
		lags := lagsOver(t, w, 10*time.Second, testOptions())
		within(t, "a child of 5 s ago", lags[families.ShardName(1)], 4*time.Second, 7*time.Second)
	})
}

func TestShardWithoutAnAnswerHasALag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		time.Sleep(time.Hour)
		s.Fault("GetRecords=InternalFailure")
		o := testOptions()
		o.InitialPosition = record.Position{Kind: record.Ago, Age: 10 * time.Minute}
		lags := lagsOver(t, s, 10*time.Second, o)
		within(t, "a shard from 10 minutes ago on", lags[families.ShardName(0)], 10*time.Minute, 11*time.Minute)
	})
}

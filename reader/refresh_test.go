package reader

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"kin/internal/kinesistest"
	"kin/internal/kinesistest/families"
	"kin/internal/lineage"
	"kin/internal/record"
	"kin/internal/service"
)

// refreshed returns a stream for refresh. Its listings take each, and fail if fails returns an
// error.
func refreshed(f *kinesistest.Fake, each time.Duration, fails func() error) *Stream {
	w := &kinesistest.Watched{StreamAPI: f, Before: func(string) error {
		if fails != nil {
			return fails()
		}
		return nil
	}, After: func(out any) {
		if _, is := out.(*service.ListShardsOutput); is {
			time.Sleep(each)
		}
	}}
	s := newStream(NewAsker(w, nil, nil).session, "orders")
	s.placement = lineage.Placement{Initial: record.Position{Kind: record.TrimHorizon}, StartedAt: startedAt, Owns: everyone}
	return s
}

func TestFault11ConcurrentShardsShareAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
		s := refreshed(f, 10*time.Second, nil)
		var shards errgroup.Group
		ask := func(n int, want bool) {
			for range n {
				a := newAssignment(s, "a", lineage.AtTime(startedAt))
				shards.Go(func() error {
					if closed, err := a.IsClosed(t.Context()); err != nil || closed != want {
						return fmt.Errorf("closed: %v, %v, want %v", closed, err, want)
					}
					return nil
				})
			}
		}
		ask(1, false)
		time.Sleep(5 * time.Second)
		// The listing in progress is older than these requests.
		f.Change(func() { f.Find("a").Closed = true })
		time.Sleep(time.Second)
		ask(300, true)
		time.Sleep(5 * time.Second) // during the second listing
		if n := len(f.Times("ListShards", "")); n != 2 {
			t.Errorf("%d listings, want the second under way", n)
		}
		ask(300, true)
		if err := shards.Wait(); err != nil {
			t.Error(err)
		}
		if n := len(f.Times("ListShards", "")); n != 3 {
			t.Errorf("%d listings for 601 shards, want 3", n)
		}
	})
}

func TestFault11OneShardRetriesTheListingForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "a"})
		began, attempts := time.Now(), 0
		var mu sync.Mutex
		s := refreshed(f, 0, func() error {
			mu.Lock()
			defer mu.Unlock()
			attempts++
			if time.Since(began) < time.Minute {
				return errors.New("dial tcp: connection refused")
			}
			return nil
		})
		if err := s.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		alone := attempts
		began, attempts = time.Now(), 0
		var shards errgroup.Group
		first, cancel := context.WithCancel(t.Context())
		shards.Go(func() error {
			if err := s.refresh(first); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("cancelled: got %v", err)
			}
			return nil
		})
		time.AfterFunc(30*time.Second, cancel) // then another goroutine lists
		for range 300 {
			shards.Go(func() error { time.Sleep(time.Second); return s.refresh(t.Context()) })
		}
		if err := shards.Wait(); err != nil {
			t.Error(err)
		}
		if attempts > 2*alone {
			t.Errorf("%d attempts for 300 shards, and %d for one", attempts, alone)
		}
		cancel()
	})
}

// Many shards that end at once, without naming their children, need one or two listings.
func TestFault11EndingShardsShareAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const shards = 200
		f := kinesistest.NewFake(&kinesistest.Shard{ID: "z"})
		for n := range shards {
			f.Shards = append(f.Shards, &kinesistest.Shard{ID: families.ShardName(n), Records: []int{n + 1}, Closed: true})
		}
		listings := 0
		w := &kinesistest.Watched{StreamAPI: f, After: func(out any) {
			if _, is := out.(*service.ListShardsOutput); is {
				f.Change(func() { listings++ })
				time.Sleep(time.Second)
			}
		}}
		o := testOptions()
		o.ShardFetchInterval, o.Tasks, o.ShardsPerTask = time.Hour, 1, shards+1
		o.FetchBufferSize = 1 << 40 // all of them fetch at once
		got, err := readFor(t, w, time.Minute, o)
		if err != nil || len(got) != shards {
			t.Errorf("%d records, %v", len(got), err)
		}
		if listings > 10 {
			t.Errorf("%d listings when %d shards ended", listings, shards)
		}
	})
}

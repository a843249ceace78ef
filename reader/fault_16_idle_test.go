package reader

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/bodysize"
	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/internal/service"
)

// receiving is a client that checks the size of each answer before it receives it. Receiving takes
// a while.
type receiving struct {
	*kinesistest.Fake

	mu                 sync.Mutex // guards the following
	now, most, refused int        // answers with records
}

func (r *receiving) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	out, err := r.Fake.GetRecords(ctx, in)
	if err != nil || len(out.Records) == 0 {
		return out, err
	}
	err = bodysize.Check(ctx, sizeOf(out.Records))
	r.mu.Lock()
	if err != nil {
		r.refused++
		r.mu.Unlock()
		return nil, fmt.Errorf("receive: %w", err)
	}
	r.now++
	r.most = max(r.most, r.now)
	r.mu.Unlock()
	time.Sleep(10 * time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now--
	return out, nil
}

// resumed resumes shards that were at their tips a minute ago.
func resumed(t *testing.T, f *kinesistest.Fake) (batches []string, client *receiving) {
	t.Helper()
	m, saved := kinesistest.NewMemory(), map[string]checkpoint.Shard{}
	for _, s := range f.Shards {
		saved[s.ID] = checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}, ReadThrough: record.Time{Time: time.Now().Add(-time.Minute)}}
	}
	m.File.Streams = []checkpoint.Stream{{Name: "orders", InitialPosition: "trim_horizon", Shards: saved}}
	o := bounded()
	o.Positions, o.FetchBufferSize = m, 16_000_000
	client = &receiving{Fake: f}
	batches, err := collectRun(t.Context(), t, client, o)
	if err != nil {
		t.Fatal(err)
	}
	return batches, client
}

func emptyShards(n int) *kinesistest.Fake {
	f := kinesistest.NewFake()
	for i := range n {
		f.Shards = append(f.Shards, &kinesistest.Shard{ID: fmt.Sprintf("shard-%02d", i)})
	}
	return f
}

func TestFault16FetchesResumedIdleShardsInParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := emptyShards(64)
		peak := f.SlowFetches(10 * time.Millisecond)
		resumed(t, f)
		if want := 16_000_000 / LeastReservation; peak() != want {
			t.Errorf("%d fetches at once, want %d", peak(), want)
		}
	})
}

// An answer that does not fit is refused before it is received, and fetched again with the space it
// needs. Answers of 2 MB arrive one after another, and none is lost.
func TestFault16LargeAnswersOfResumedShardsStayWithinTheBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := emptyShards(12)
		payload := bytes.Repeat([]byte("x"), 2_000_000)
		for i, s := range f.Shards {
			s.Records, s.Payloads = []int{i + 1}, map[int][]byte{i + 1: payload}
		}
		batches, client := resumed(t, f)
		if got := len(strings.Fields(strings.Join(batches, " "))); got != len(f.Shards) {
			t.Errorf("%d records, want %d", got, len(f.Shards))
		}
		if client.most != 1 || client.refused == 0 || client.refused >= len(f.Shards) {
			t.Errorf("%d answers received at once, want 1; %d refused", client.most, client.refused)
		}
	})
}

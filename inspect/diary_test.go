package inspect

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/local"
	"kin/reader"
)

// diary knows the unread records without asking kin: when each record was put, and which were read.
type diary struct {
	*kinesistest.Service
	put  map[int][]time.Time // by shard, in order
	read map[int]int         // how many of them were read
	m    *kinesistest.Memory
}

func newDiary(t testing.TB, shards int, o local.Options) *diary {
	return &diary{kinesistest.NewService(t, shards, o), map[int][]time.Time{}, map[int]int{}, kinesistest.NewMemory()}
}

// write puts n records, a little more than a second apart.
func (d *diary) write(shard, n int) {
	for range n {
		time.Sleep(1003 * time.Millisecond)
		d.Service.Put(shard, "x")
		d.put[shard] = append(d.put[shard], d.Now())
	}
}

// readOn resumes reading with the diary's checkpoint, up to limit records; 0 reads all.
func (d *diary) readOn(limit int) {
	d.T.Helper()
	o := testOptions()
	o.Positions, o.AvailableNow, o.Limit = d.m, limit == 0, int64(limit)
	if err := readInto(d.T, d, time.Minute, o, func(b *reader.Batch) error {
		for _, block := range b.Blocks {
			var n int
			if _, err := fmt.Sscanf(block.ShardID, "shardId-%d", &n); err != nil {
				return err
			}
			d.read[n] += block.Records
		}
		return nil
	}); err != nil {
		d.T.Fatal(err)
	}
}

// unread is the age of a shard's oldest unread record that is still retained, in milliseconds; 0
// without one.
func (d *diary) unread(shard int) int64 {
	for _, at := range d.put[shard][d.read[shard]:] {
		if age := d.Now().Sub(at); age < 24*time.Hour {
			return age.Milliseconds()
		}
	}
	return 0
}

// report returns the lag report at the diary's checkpoint, and a summary with a word for each
// shard.
func (d *diary) report() (LagReport, string) {
	d.T.Helper()
	fetches := 0
	var mu sync.Mutex
	client := &kinesistest.Watched{StreamAPI: d, Before: func(call string) error {
		mu.Lock()
		defer mu.Unlock()
		if call == "GetRecords" {
			fetches++
		}
		return nil
	}}
	l, err := NewLagMeter(client, LagMeterOptions{Streams: []string{"orders"}, Positions: d.m, Info: func(m string) { d.T.Log(m) }})
	d.Must(err)
	saved, positions := len(d.m.Saved), maps.Clone(d.m.File.Streams[0].Shards)
	report, err := l.Measure(d.T.Context())
	d.Must(err)
	if !reflect.DeepEqual(positions, d.m.File.Streams[0].Shards) {
		d.T.Error("a measurement changed positions")
	}
	for _, s := range report.Streams[0].Shards {
		if at, known := positions[s.ShardID]; known && !reflect.DeepEqual(s.Position, at) {
			d.T.Errorf("%s is at %+v, want %+v", s.ShardID, s.Position, at)
		}
	}
	if len(d.m.Saved) != saved {
		d.T.Error("a measurement saved positions")
	}
	if asked := report.Streams[0].Lag.Shards; fetches != asked {
		d.T.Errorf("%d fetches for %d shards", fetches, asked)
	}
	return report, words(report)
}

func words(report LagReport) string {
	var all []string
	for _, s := range report.Streams[0].Shards {
		all = append(all, fmt.Sprintf("%s %s %d", strings.TrimLeft(strings.TrimPrefix(s.ShardID, "shardId-"), "0"), s.State, s.MillisBehindLatest))
	}
	return strings.TrimSpace(strings.Join(all, ", "))
}

func (d *diary) meter() *LagMeter {
	l, err := NewLagMeter(d, LagMeterOptions{Streams: []string{"orders"}, Positions: d.m})
	d.Must(err)
	return l
}

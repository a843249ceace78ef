package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// scripted are the faults. A fault that is listed twice is drawn twice as often. %s is a latency.
var scripted = []string{
	"GetRecords=ProvisionedThroughputExceededException", "GetRecords=InternalFailure", "GetRecords=ServiceUnavailable",
	"GetRecords=KMSThrottlingException", "GetRecords=LimitExceededException",
	"GetRecords=latency:%s", "GetRecords=reset", "GetRecords=garbage", "GetRecords=html", "GetRecords=cut",
	"GetRecords=expired-iterator", "GetRecords=expired-iterator", "GetRecords=empty", "GetRecords=empty", "GetRecords=stall",
	"GetShardIterator=ProvisionedThroughputExceededException", "GetShardIterator=InternalFailure", "GetShardIterator=latency:%s",
	"GetShardIterator=reset", "GetShardIterator=garbage", "GetShardIterator=html", "GetShardIterator=cut",
	"ListShards=LimitExceededException", "ListShards=InternalFailure", "ListShards=latency:%s", "ListShards=reset",
	"ListShards=garbage", "ListShards=html", "ListShards=cut", "ListShards=expired-token",
	"PutRecords=InternalFailure", "PutRecords=ServiceUnavailable", "PutRecords=ProvisionedThroughputExceededException",
	"PutRecords=latency:%s", "PutRecords=reset", "PutRecords=garbage", "PutRecords=html", "PutRecords=cut",
	"PutRecords=partial", "PutRecords=partial:0", "PutRecords=partial:0,1,2,5,11,17,23",
}

// rare are faults that are drawn rarely, because a writer waits until they time out. A soak that
// stops writers draws them more often, so that some writers are stopped during one.
var rare = []string{"PutRecords=stall"}

// A rare fault is drawn once in so many draws.
const (
	rareOf        = 300
	rareOfWriters = 40
)

// faults adds a fault every second and removes the remaining ones at the end. A fault is for the
// next call. Faults of GetRecords are for the next one to three calls. Faults of SubscribeToShard
// are for the next one to eight, because a run begins with several of those calls. An operation
// other than GetRecords has only one fault at a time: a caller waits longer after each. In mode efo
// the same holds for GetRecords.
func (d *drive) faults(ctx context.Context) error {
	r := d.random(1)
	added := 0
	for d.sleep(ctx, time.Second) {
		waiting, err := d.endpoint.Send(ctx, http.MethodGet, "/_kin/fault", nil)
		if err != nil {
			return fmt.Errorf("list faults: %w", err)
		}
		spec := d.draw(r, string(waiting))
		if spec == "" {
			continue
		}
		if strings.Contains(spec, "%s") {
			spec = fmt.Sprintf(spec, between(r, 50*time.Millisecond, 1500*time.Millisecond).Round(time.Millisecond))
		}
		if strings.Contains(spec, "%d") {
			spec = fmt.Sprintf(spec, events(r))
		}
		n := 1
		switch {
		case strings.HasPrefix(spec, "GetRecords=") && !strings.HasSuffix(spec, "stall"):
			n += r.IntN(3)
		case strings.HasPrefix(spec, "SubscribeToShard=") && !isLasting(spec):
			n += r.IntN(8)
		}
		if _, err := d.endpoint.Send(ctx, http.MethodPost, "/_kin/fault", fmt.Appendf(nil, "%s*%d", spec, n)); err != nil {
			return fmt.Errorf("add the fault %s: %w", spec, err)
		}
		added += n
	}
	remaining, err := d.endpoint.Send(ctx, http.MethodGet, "/_kin/fault", nil)
	if err != nil {
		return fmt.Errorf("list faults: %w", err)
	}
	for line := range strings.Lines(string(remaining)) {
		n, err := strconv.Atoi(strings.TrimSpace(line[strings.LastIndexByte(line, '*')+1:]))
		if err != nil {
			return fmt.Errorf("list faults: %w", err)
		}
		added -= n
	}
	d.count("faults", added)
	_, err = d.endpoint.Send(ctx, http.MethodDelete, "/_kin/fault", nil)
	return err
}

// draw selects a random fault of an operation that has none in waiting. GetRecords is called often,
// so it may have several, except in mode efo. In mode write draw selects no fault of a read call.
// It returns "" if it finds none.
func (d *drive) draw(r *rand.Rand, waiting string) string {
	of := rareOf
	if d.mode == "write" || d.mode == "copy" {
		of = rareOfWriters
	}
	all := faultsOf(d.mode)
	for range 100 {
		spec := all[r.IntN(len(all))]
		if r.IntN(of) == 0 {
			spec = rare[r.IntN(len(rare))]
		}
		operation, _, _ := strings.Cut(spec, "=")
		reads := strings.HasPrefix(operation, "Get")
		if reads && d.mode == "write" {
			continue
		}
		if operation == "GetRecords" && d.mode != "efo" || !strings.Contains(waiting, operation+"=") {
			return spec
		}
	}
	return ""
}

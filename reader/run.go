package reader

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"

	"kin/internal/checkpoint"
	"kin/internal/lineage"
	"kin/internal/record"
)

// run is one Run of a Reader whose streams are open.
type run struct {
	*runState
	positions Positions
	began     time.Time // start of Options.Timeout, by this process's clock
	file      checkpoint.File
	streams   []*streamRun
}

// newRun returns a run of open streams. Its goroutines belong to group.
func newRun(ctx context.Context, group *errgroup.Group, s *session, positions Positions, o *opened, began time.Time) *run {
	r := &run{
		runState:  &runState{session: s, ctx: ctx, group: group, buf: newBuffer(s.o.FetchBufferSize)},
		positions: positions, began: began, file: o.file,
	}
	enc := &encoder{
		encode: s.o.Encode, line: s.o.Line, whole: s.o.NoDeaggregate, limit: s.o.Limit,
		maxBlock: maxSlice(s.o.FetchBufferSize), large: largePayload(s.o.FetchBufferSize), slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	for _, stream := range o.streams {
		of := &streamRun{delivery: delivery{Stream: stream, buf: r.buf, enc: enc}, run: r.runState}
		stream.follower = of
		r.streams = append(r.streams, of)
	}
	r.setClock(latest(o.streams))
	return r
}

// launch starts the goroutines: one per stream that lists new shards, and one per shard that
// fetches it. No lock is needed before the first has started.
func (r *run) launch() {
	starting := make([][]*lineage.Shard, len(r.streams))
	for i, s := range r.streams {
		starting[i] = s.changed(s.lineage.Sorted())
		s.notOwned = nil // open saved these
		r.o.Detail(fmt.Sprintf("%s: reading %s, from %s", s.ref.Name, counted(len(starting[i]), "shard"), s.startText()))
	}
	r.hints.shareSlots(r.reading, cap(r.slots))
	r.checkComplete()
	for i, s := range r.streams {
		r.group.Go(func() error { return s.discover(r.ctx) })
		s.start(starting[i])
	}
}

// reportFailing reports a call that still fails when a run ends by itself: there may be records
// that were not read.
func (r *run) reportFailing(when string) {
	if err := r.reporter.Last(); err != nil {
		r.o.Info(fmt.Sprintf("a call was still failing %s, so records may be unread: %s", when, err))
	}
}

// countUserRecords counts the records of aggregates that a written block dropped or gave other
// keys.
func (r *run) countUserRecords(b *Block) {
	if b.dropped == 0 && b.rekeyed == 0 {
		return
	}
	for _, s := range r.streams {
		if s.ref.Name != b.Stream {
			continue
		}
		if s.dropped == 0 && b.dropped > 0 {
			r.o.Info(fmt.Sprintf("%s/%s: an aggregate holds records whose hash keys are outside of the shard's range: --hash-filter drops them", b.Stream, b.ShardID))
		}
		s.dropped += int64(b.dropped)
		s.rekeyed += int64(b.rekeyed)
	}
	r.progress.add(func(p *Progress) { p.Dropped += int64(b.dropped) })
}

// reportUserRecords reports, at the end of a run, how many records of aggregates were dropped or
// got other keys.
func (r *run) reportUserRecords() {
	for _, s := range r.streams {
		if s.dropped > 0 {
			r.o.Report(fmt.Sprintf("%s: --hash-filter dropped %s of aggregates: their hash keys are outside of their shards' ranges", s.ref.Name, recordCount(s.dropped)))
		}
		if s.rekeyed > 0 {
			r.o.Info(fmt.Sprintf("%s: %s of aggregates had keys that Kinesis does not accept: kin used the aggregates' partition keys", s.ref.Name, recordCount(s.rekeyed)))
		}
	}
}

func recordCount(n int64) string {
	if n == 1 {
		return "1 record"
	}
	return humanize.Comma(n) + " records"
}

// hintEmpty prints a hint if a run ended by itself and its initial position kept it from reading
// anything. Streams with a checkpoint, and streams read from their start, have no records, so they
// get no hint.
func (r *run) hintEmpty() {
	for _, s := range r.streams {
		if s.placement.Saved != nil || s.placement.Initial.Kind == record.TrimHorizon {
			continue
		}
		upTo := ""
		if r.o.To.Kind != record.Latest {
			upTo = " up to " + r.o.To.String()
		}
		r.hints.report(fmt.Sprintf("hint: %s has no records after the position %s%s; --from trim_horizon reads all retained records", s.ref.Name, s.placement.Initial, upTo))
	}
}

// moveBack moves every saved position in doubt back to the start of the answer that had its number.
// Otherwise the next run would skip the records between them. It returns err, whose hint then
// describes what was done to the checkpoint.
func (r *run) moveBack(ctx context.Context, err error) error {
	if len(r.doubts) == 0 || r.o.Positions == nil {
		return err
	}
	file, loadErr := r.positions.Load(ctx)
	if loadErr != nil {
		return errors.Join(err, loadErr)
	}
	var moves []checkpoint.Move
	for _, d := range r.doubts {
		if stream := file.Find(d.stream); stream != nil && stream.Shards[d.shard].SequenceNumber == d.number {
			moves = append(moves, checkpoint.Move{Stream: d.stream, Shard: d.shard, To: d.before})
		}
	}
	if len(moves) > 0 {
		if commitErr := r.positions.Commit(ctx, checkpoint.Commit{Moves: moves, Batch: -1}); commitErr != nil {
			return errors.Join(err, commitErr)
		}
	}
	wrong, ended := errors.AsType[*SequenceError](err)
	for _, d := range r.doubts {
		moved := slices.ContainsFunc(moves, func(m checkpoint.Move) bool { return m.Stream == d.stream && m.Shard == d.shard })
		switch {
		case ended && wrong.Stream == d.stream && wrong.Shard == d.shard:
			wrong.movedBack, wrong.unsaved = moved, !moved
		case moved:
			r.o.Info(fmt.Sprintf("%s/%s: sequence number %s may be wrong: kin moved the checkpoint back to before that record", d.stream, d.shard, d.number))
		}
	}
	return err
}

package efo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/uuid"

	"kin/internal/checkpoint"
	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// fakeService is a stream with a few shards and scripted subscriptions. Each call for a shard uses
// the next script of that shard. After its script a stream sends an empty event every five seconds,
// like the service.
type fakeService struct {
	*fakeRegistry
	t *testing.T

	mu            sync.Mutex
	shards        []types.Shard
	scripts       map[string][]script
	calls         []subscribeCall
	open          int // open streams
	staleListings int // how many more lists show ended shards as open
	ended         map[string]bool
	sent          int // events with records sent
}

// script is one subscription: an error of the call, or steps.
type script struct {
	refuse error
	steps  []step
	silent bool // sends nothing after its steps
}

// step is what a stream does after a time: send an event, fail, or send a message that is neither.
type step struct {
	after time.Duration
	event *types.SubscribeToShardEvent
	err   error
}

type subscribeCall struct {
	shard, arn, position string
	at                   time.Time
}

func newService(t *testing.T, shards ...string) *fakeService {
	s := &fakeService{fakeRegistry: newFake(), t: t, scripts: map[string][]script{}}
	for _, id := range shards {
		s.shards = append(s.shards, types.Shard{ShardId: aws.String(id)})
	}
	t.Cleanup(func() {
		if s.open != 0 {
			t.Errorf("%d subscriptions are still open", s.open)
		}
	})
	return s
}

func (s *fakeService) script(shard string, scripts ...script) {
	s.scripts[shard] = append(s.scripts[shard], scripts...)
}

func (s *fakeService) subscribe(ctx context.Context, in *service.SubscribeToShardInput) (service.EventStream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := in.StartingPosition
	position := string(p.Type)
	if p.SequenceNumber != nil {
		position += ":" + *p.SequenceNumber
	}
	id := in.ShardID
	s.calls = append(s.calls, subscribeCall{id, in.ConsumerARN, position, time.Now()})
	var next script
	if rest := s.scripts[id]; len(rest) > 0 {
		next, s.scripts[id] = rest[0], rest[1:]
	}
	if next.refuse != nil {
		return nil, next.refuse
	}
	s.open++
	stream := &fakeStream{service: s, shard: id, script: next, began: time.Now(), closed: make(chan struct{}), last: aws.ToString(p.SequenceNumber)}
	if stream.last == "" {
		stream.last = "0"
	}
	return stream, nil
}

// callsFor returns the calls for a shard: the position, and the time since the first call for any
// shard.
func (s *fakeService) callsFor(shard string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var made []string
	for _, c := range s.calls {
		if c.shard == shard {
			made = append(made, fmt.Sprintf("%s @%s", c.position, c.at.Sub(s.calls[0].at).Round(100*time.Millisecond)))
		}
	}
	return made
}

// gaps returns the times between the calls.
func (s *fakeService) gaps() []time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(s.calls); i++ {
		gaps = append(gaps, s.calls[i].at.Sub(s.calls[i-1].at))
	}
	return gaps
}

type fakeStream struct {
	service *fakeService
	shard   string
	script
	began  time.Time
	last   string // continuation sequence number
	next   step   // the step that Await has waited for
	once   sync.Once
	closed chan struct{}
}

func (f *fakeStream) ServerTime() time.Time { return f.began.Truncate(time.Second) }

func (f *fakeStream) Close() {
	f.once.Do(func() {
		close(f.closed)
		f.service.mu.Lock()
		defer f.service.mu.Unlock()
		f.service.open--
	})
}

var errClosed = errors.New("use of closed network connection")

func (f *fakeStream) Await() (int64, error) {
	f.next = step{after: 5 * time.Second, event: &types.SubscribeToShardEvent{
		ContinuationSequenceNumber: aws.String(f.last), MillisBehindLatest: aws.Int64(0), Records: []types.Record{},
	}}
	switch {
	case len(f.steps) > 0:
		f.next, f.steps = f.steps[0], f.steps[1:]
	case f.silent:
		<-f.closed
		return 0, errClosed
	}
	timer := time.NewTimer(f.next.after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.closed:
		return 0, errClosed
	}
	if errors.Is(f.next.err, io.EOF) {
		return 0, io.EOF
	}
	return frameSize(f.next.event), nil
}

func (f *fakeStream) Next() (*types.SubscribeToShardEvent, error) {
	select {
	case <-f.closed:
		return nil, errClosed
	default:
	}
	event := f.next.event
	if event != nil {
		received := *event // a script may send the same event twice
		received.Records = slices.Clone(event.Records)
		event = &received
		f.last = aws.ToString(event.ContinuationSequenceNumber)
		if f.last == "" && len(event.ChildShards) > 0 {
			f.service.closeShard(f.shard)
		}
		if len(event.Records) > 0 {
			f.service.mu.Lock()
			defer f.service.mu.Unlock()
			f.service.sent++
		}
	}
	return event, f.next.err
}

// frameSize estimates the size of an event on the wire.
func frameSize(e *types.SubscribeToShardEvent) int64 {
	size := int64(200)
	if e != nil {
		for _, r := range e.Records {
			size += int64(len(r.Data))*4/3 + 200
		}
	}
	return size
}

// failingDescribe is a service whose DescribeStreamConsumer fails if fails returns an error.
type failingDescribe struct {
	*fakeService
	fails func() error
}

func (d failingDescribe) DescribeStreamConsumer(ctx context.Context, in *service.DescribeStreamConsumerInput) (*service.DescribeStreamConsumerOutput, error) {
	if err := d.fails(); err != nil {
		return nil, err
	}
	return d.fakeService.DescribeStreamConsumer(ctx, in)
}

// closeShard makes lists show a shard as closed, after its end was announced.
func (s *fakeService) closeShard(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = map[string]bool{}
	}
	s.ended[id] = true
}

func (s *fakeService) ListShards(context.Context, *service.ListShardsInput) (*service.ListShardsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noStream {
		return nil, apiError("ResourceNotFoundException")
	}
	shards := append([]types.Shard{}, s.shards...)
	if len(s.ended) > 0 && s.staleListings > 0 {
		s.staleListings--
		return &service.ListShardsOutput{Shards: shards}, nil
	}
	for i := range shards {
		if s.ended[aws.ToString(shards[i].ShardId)] {
			shards[i].SequenceNumberRange = &types.SequenceNumberRange{StartingSequenceNumber: aws.String("0"), EndingSequenceNumber: aws.String("999")}
		}
	}
	return &service.ListShardsOutput{Shards: shards}, nil
}

func (s *fakeService) DescribeStreamSummary(context.Context, *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	return &service.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{
		StreamName: aws.String("orders"), StreamARN: aws.String(testStream), RetentionPeriodHours: aws.Int32(24),
	}}, nil
}

func (s *fakeService) GetShardIterator(context.Context, *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	return nil, apiError("AccessDeniedException") // enhanced fan-out must not poll
}

func (s *fakeService) GetRecords(context.Context, *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	return nil, apiError("AccessDeniedException")
}

// records returns an event with records first to last. Payloads are sequence numbers.
func records(first, last int) *types.SubscribeToShardEvent {
	e := emptyEvent(last)
	for n := first; n <= last; n++ {
		e.Records = append(e.Records, types.Record{
			SequenceNumber: aws.String(strconv.Itoa(n)), PartitionKey: aws.String("k"), Data: []byte(strconv.Itoa(n)),
			ApproximateArrivalTimestamp: aws.Time(time.Now()),
		})
	}
	return e
}

// emptyEvent returns an event without records.
func emptyEvent(continuation int) *types.SubscribeToShardEvent {
	return &types.SubscribeToShardEvent{
		ContinuationSequenceNumber: aws.String(strconv.Itoa(continuation)), MillisBehindLatest: aws.Int64(0), Records: []types.Record{},
	}
}

// endEvent returns the last event of a shard.
func endEvent(children ...types.ChildShard) *types.SubscribeToShardEvent {
	return &types.SubscribeToShardEvent{ChildShards: children, MillisBehindLatest: aws.Int64(0), Records: []types.Record{}}
}

func sends(steps ...step) script                     { return script{steps: steps} }
func refuses(code string) script                     { return script{refuse: apiError(code)} }
func sendsEvent(e *types.SubscribeToShardEvent) step { return step{event: e} }
func fails(code string) step                         { return step{err: apiError(code)} }

var streamEnd = step{err: io.EOF}

// memoryPositions keeps positions from one run of a test to the next.
type memoryPositions struct{ file checkpoint.File }

func newMemory() *memoryPositions {
	return &memoryPositions{checkpoint.File{Version: checkpoint.Version, ID: uuid.NewString()}}
}

func (m *memoryPositions) Owns(string, string) bool                      { return true }
func (m *memoryPositions) Load(context.Context) (checkpoint.File, error) { return m.file, nil }
func (m *memoryPositions) Release(context.Context) error                 { return nil }

func (m *memoryPositions) Begin(_ context.Context, streams ...checkpoint.Stream) error {
	m.file.Streams = slices.DeleteFunc(slices.Clone(m.file.Streams), func(known checkpoint.Stream) bool {
		return slices.ContainsFunc(streams, func(s checkpoint.Stream) bool { return s.Name == known.Name })
	})
	for _, s := range streams {
		s.Shards = maps.Clone(s.Shards)
		m.file.Streams = append(m.file.Streams, s)
	}
	return nil
}

func (m *memoryPositions) Commit(_ context.Context, c checkpoint.Commit) error {
	_, err := m.file.Apply(c.Moves)
	return err
}

// testRun is one run over a fake service, and its results.
type testRun struct {
	service     *fakeService
	client      liveClient // the service, unless a test replaces it
	reader      reader.Options
	o           Options
	messages    []string
	endMessages []string
	payloads    []string // in the order of the batches
	handle      func(*reader.Batch) error
	wrap        func(reader.Source) reader.Source
}

func newRun(s *fakeService) *testRun {
	r := &testRun{service: s, client: s, reader: reader.DefaultOptions(), o: DefaultOptions()}
	r.reader.Streams = []string{"orders"}
	r.reader.InitialPosition = record.Position{Kind: record.TrimHorizon}
	r.reader.MaxFetchDuration = 200 * time.Millisecond
	r.reader.Encode = func(dst []byte, rec record.Record) ([]byte, error) {
		return append(append(dst, rec.Data...), ' '), nil
	}
	r.o.Streams = r.reader.Streams
	r.o.Subscribe = s.subscribe
	var mu sync.Mutex
	info := func(m string) {
		mu.Lock()
		defer mu.Unlock()
		r.messages = append(r.messages, m)
	}
	r.o.Info, r.reader.Info = info, info
	r.o.AtEnd = func(m string) { r.endMessages = append(r.endMessages, m) }
	return r
}

// do runs it and closes the FanOut.
func (r *testRun) do(ctx context.Context) error {
	f, err := New(r.client, r.o)
	if err != nil {
		return err
	}
	r.reader.Source, r.reader.Silence = f.Source, f.Silence()
	if r.wrap != nil {
		r.reader.Source = func(a *reader.Assignment) reader.Source { return r.wrap(f.Source(a)) }
	}
	core, err := reader.New(r.client, r.reader)
	if err != nil {
		return err
	}
	err = core.Run(ctx, reader.HandlerOf(func(b *reader.Batch) error {
		if r.handle != nil {
			if err := r.handle(b); err != nil {
				return err
			}
		}
		for _, block := range b.Blocks {
			r.payloads = append(r.payloads, string(block.Data))
		}
		return nil
	}))
	return errors.Join(err, f.Close(ctx))
}

// doFor runs it for d, and fails the test if it ends earlier.
func (r *testRun) doFor(d time.Duration) {
	r.service.t.Helper()
	ctx, cancel := context.WithTimeout(r.service.t.Context(), d)
	defer cancel()
	if err := r.do(ctx); !errors.Is(err, context.DeadlineExceeded) {
		r.service.t.Errorf("the run ended: %v", err)
	}
}

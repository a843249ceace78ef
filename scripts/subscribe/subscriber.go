package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// subscribeInterval is the time after a successful call before which the service refuses the next
// one, and some more.
const subscribeInterval = 5100 * time.Millisecond

// subscriber reads all shards of a stream.
type subscriber struct {
	transport *transport
	stream    string
	consumer  string

	mu        sync.Mutex // guards the following
	out       io.Writer
	remaining int           // number of records still to read
	done      chan struct{} // closed when remaining is 0 or a read failed
	shards    map[string]*shard
	codes     []string // error codes in streams
	failed    error
	open      sync.WaitGroup // running reads
}

type shard struct{ ended bool }

func (s *subscriber) run(ctx context.Context) (err error) {
	client := s.transport.newClient()
	summary, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &s.stream})
	if err != nil {
		return err
	}
	arn := summary.StreamDescriptionSummary.StreamARN
	made, err := client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("subscribe-go")})
	if err != nil {
		return err
	}
	s.consumer = *made.Consumer.ConsumerARN
	for status := types.ConsumerStatusCreating; status != types.ConsumerStatusActive; {
		described, err := client.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: &s.consumer})
		if err != nil {
			return err
		}
		status = described.ConsumerDescription.ConsumerStatus
		wait(ctx, 100*time.Millisecond)
	}
	listed, err := client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &s.stream})
	if err != nil {
		return err
	}
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, sh := range listed.Shards {
		s.begin(reading, *sh.ShardId)
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		err = fmt.Errorf("%d records are missing: %w", s.remaining, ctx.Err())
	}
	cancel()
	s.open.Wait()
	_, removed := client.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: &s.consumer})
	return errors.Join(err, s.failed, removed)
}

// begin starts to read a shard, unless it is being read already. The caller must not hold mu.
func (s *subscriber) begin(ctx context.Context, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shards[id] != nil || s.remaining <= 0 {
		return
	}
	s.shards[id] = &shard{}
	s.open.Go(func() {
		children, err := s.read(ctx, id)
		s.mu.Lock()
		s.shards[id].ended = true
		if err != nil && s.remaining > 0 {
			s.fail(fmt.Errorf("%s: %w", id, err))
		}
		s.mu.Unlock()
		for _, child := range children {
			if s.ended(child.ParentShards) {
				s.begin(ctx, *child.ShardId)
			}
		}
	})
}

func (s *subscriber) ended(ids []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.ContainsFunc(ids, func(id string) bool { return s.shards[id] == nil || !s.shards[id].ended })
}

// read opens one subscription after another until the shard ends. It returns the children.
func (s *subscriber) read(ctx context.Context, id string) ([]types.ChildShard, error) {
	from := &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}
	for ctx.Err() == nil {
		began := time.Now()
		answer, err := s.transport.newClient().SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
			ConsumerARN: &s.consumer, ShardId: &id, StartingPosition: from,
		})
		if err != nil {
			return nil, err
		}
		stream := answer.GetStream()
		for e := range stream.Events() {
			event, ok := e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)
			if !ok {
				return nil, errors.Join(fmt.Errorf("event of an unknown type: %T", e), stream.Close())
			}
			if err := s.print(id, event.Value); err != nil {
				return nil, errors.Join(err, stream.Close())
			}
			if event.Value.ContinuationSequenceNumber == nil {
				return event.Value.ChildShards, stream.Close()
			}
			from = &types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: event.Value.ContinuationSequenceNumber}
		}
		if err := s.noteCode(errors.Join(stream.Err(), stream.Close())); err != nil {
			return nil, err
		}
		wait(ctx, time.Until(began.Add(subscribeInterval)))
	}
	return nil, nil
}

// noteCode records the error code of the service's error in a stream. It returns any other error.
func (s *subscriber) noteCode(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes = append(s.codes, api.ErrorCode())
	return nil
}

// print prints the records of an event.
func (s *subscriber) print(id string, event types.SubscribeToShardEvent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if event.MillisBehindLatest == nil || event.ContinuationSequenceNumber == nil && len(event.ChildShards) == 0 {
		return fmt.Errorf("event without a required member: %+v", event)
	}
	for _, r := range event.Records {
		if _, err := fmt.Fprintf(s.out, "%s %s %s\n", id, *r.SequenceNumber, r.Data); err != nil {
			return err
		}
		s.remaining--
	}
	if s.remaining <= 0 && len(event.Records) > 0 {
		s.finish()
	}
	return nil
}

// fail ends the run with an error. The caller holds mu, as for finish.
func (s *subscriber) fail(err error) {
	s.failed = errors.Join(s.failed, err)
	s.finish()
}

func (s *subscriber) finish() {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

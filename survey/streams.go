package survey

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"kin/internal/apierror"
	"kin/reader"
)

// StreamsClient is what Streams calls; kinesis.Client is one. Its calls must be
// single attempts.
type StreamsClient interface {
	ListStreams(context.Context, *kinesis.ListStreamsInput, ...func(*kinesis.Options)) (*kinesis.ListStreamsOutput, error)
	reader.Client
}

const (
	// listsPerSecond and describesPerSecond are below the 5 ListStreams and the 20
	// DescribeStreamSummary calls a second that an account has for everybody
	// (API documentation).
	listsPerSecond     = 4
	describesPerSecond = 15
	describesAtOnce    = 4
)

// AccountError is a call about all streams that failed for good.
type AccountError struct {
	Call string
	Err  error
}

func (e *AccountError) Error() string { return e.Call + ": " + apierror.Brief(e.Err) }
func (e *AccountError) Unwrap() error { return e.Err }

// Operation is the name of the API call.
func (e *AccountError) Operation() string { return e.Call }

// Streams are the account's streams in the client's region, by name. Of those
// that may not be described, which undescribed counts, there is what a list
// tells: name, ARN, status, mode and creation. Errors are *AccountError,
// *reader.CallError, and *reader.GaveUpError after 30 s of retries.
func Streams(ctx context.Context, client StreamsClient, log *slog.Logger) (streams []types.StreamDescriptionSummary, undescribed int, err error) {
	listed, err := listStreams(ctx, client, log)
	if err != nil {
		return nil, 0, err
	}
	var mu sync.Mutex
	pace := rate.NewLimiter(describesPerSecond, describesAtOnce)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(describesAtOnce)
	for _, s := range listed {
		group.Go(func() error {
			if err := pace.Wait(groupCtx); err != nil {
				return context.Cause(groupCtx)
			}
			found, err := describe(groupCtx, client, s, log)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case found == nil: // deleted meanwhile
			case found.RetentionPeriodHours == nil:
				undescribed++
				streams = append(streams, *found)
			default:
				streams = append(streams, *found)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, 0, err
	}
	slices.SortFunc(streams, func(a, b types.StreamDescriptionSummary) int {
		return strings.Compare(aws.ToString(a.StreamName), aws.ToString(b.StreamName))
	})
	return streams, undescribed, nil
}

// describe is a stream's summary: nil for one that is gone, and what the list
// said of one that may not be described.
func describe(ctx context.Context, client StreamsClient, s types.StreamSummary, log *slog.Logger) (*types.StreamDescriptionSummary, error) {
	found, err := reader.DescribeStream(ctx, client, aws.ToString(s.StreamName), log)
	var api smithy.APIError
	switch {
	case errors.As(err, &api) && api.ErrorCode() == "ResourceNotFoundException":
		return nil, nil
	case err != nil && !isUnavailable(err):
		return nil, err
	case found == nil:
		found = &types.StreamDescriptionSummary{
			StreamName: s.StreamName, StreamARN: s.StreamARN, StreamStatus: s.StreamStatus,
			StreamModeDetails: s.StreamModeDetails, StreamCreationTimestamp: s.StreamCreationTimestamp,
		}
	}
	return found, nil
}

// listStreams lists all streams. A list is not atomic: what comes twice is
// taken once. Pages are asked for by name: a token may become too old.
func listStreams(ctx context.Context, client StreamsClient, log *slog.Logger) ([]types.StreamSummary, error) {
	var all []types.StreamSummary
	seen := map[string]bool{}
	pace := rate.NewLimiter(listsPerSecond, listsPerSecond)
	in := &kinesis.ListStreamsInput{}
	for {
		if err := pace.Wait(ctx); err != nil {
			return nil, context.Cause(ctx)
		}
		out, err := reader.Ask(ctx, log, func(ctx context.Context) (*kinesis.ListStreamsOutput, error) {
			out, err := client.ListStreams(ctx, in)
			if err != nil {
				err = &AccountError{"ListStreams", err}
			}
			return out, err
		})
		if err != nil {
			return nil, err
		}
		for _, s := range pageOf(out) {
			if name := aws.ToString(s.StreamName); !seen[name] {
				seen[name] = true
				all = append(all, s)
			}
		}
		if !aws.ToBool(out.HasMoreStreams) || len(out.StreamNames) == 0 {
			return all, nil
		}
		in = &kinesis.ListStreamsInput{ExclusiveStartStreamName: aws.String(out.StreamNames[len(out.StreamNames)-1])}
	}
}

// pageOf are the streams of one page. Endpoints of before 2022 tell their names
// alone.
func pageOf(out *kinesis.ListStreamsOutput) []types.StreamSummary {
	if len(out.StreamSummaries) > 0 {
		return out.StreamSummaries
	}
	var page []types.StreamSummary
	for _, name := range out.StreamNames {
		page = append(page, types.StreamSummary{StreamName: aws.String(name)})
	}
	return page
}

// Retention is how long a stream keeps records; 0 is not known.
func Retention(s types.StreamDescriptionSummary) time.Duration {
	return time.Duration(aws.ToInt32(s.RetentionPeriodHours)) * time.Hour
}

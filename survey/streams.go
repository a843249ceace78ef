package survey

import (
	"cmp"
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
	"kin/internal/paging"
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
	case found != nil && aws.ToString(found.StreamName) == "":
		found.StreamName = s.StreamName // the answer does not say
	case found == nil:
		found = &types.StreamDescriptionSummary{
			StreamName: s.StreamName, StreamARN: s.StreamARN, StreamStatus: s.StreamStatus,
			StreamModeDetails: s.StreamModeDetails, StreamCreationTimestamp: s.StreamCreationTimestamp,
		}
	}
	return found, nil
}

// listStreams lists all streams. Each page is retried for up to 30 s; so is a
// list that would never end, from its first page on.
func listStreams(ctx context.Context, client StreamsClient, log *slog.Logger) ([]types.StreamSummary, error) {
	pace := rate.NewLimiter(listsPerSecond, listsPerSecond)
	ask := func(ctx context.Context, in *kinesis.ListStreamsInput) (*kinesis.ListStreamsOutput, error) {
		return reader.Ask(ctx, log, func(ctx context.Context) (*kinesis.ListStreamsOutput, error) {
			if err := pace.Wait(ctx); err != nil { // also when the wait would outlast the time
				return nil, cmp.Or(ctx.Err(), context.DeadlineExceeded)
			}
			out, err := client.ListStreams(ctx, in)
			if err == nil {
				err = checkPage(out)
			}
			if err != nil {
				err = &AccountError{"ListStreams", err}
			}
			return out, err
		})
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	began := time.Now()
	for wait := firstPause; ; wait = min(2*wait, mostPause) {
		all, err := pagesOfStreams(ctx, ask)
		if !paging.IsEndless(err) {
			return all, err
		}
		err = &AccountError{"ListStreams", err}
		if time.Since(began) >= listTimeout {
			return nil, &reader.GaveUpError{After: time.Since(began), Err: err}
		}
		log.Debug("list again", "wait", wait, "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// A list that would never end is begun again after a pause, until listTimeout is
// over.
const (
	firstPause  = 200 * time.Millisecond
	mostPause   = 5 * time.Second
	listTimeout = 30 * time.Second
)

// StreamNames are the names of the account's streams, sorted. It makes a single
// attempt, in as little time as the service lets it. Errors are *AccountError.
func StreamNames(ctx context.Context, client StreamsClient) ([]string, error) {
	all, err := pagesOfStreams(ctx, func(ctx context.Context, in *kinesis.ListStreamsInput) (*kinesis.ListStreamsOutput, error) {
		return client.ListStreams(ctx, in)
	})
	if err != nil {
		return nil, &AccountError{"ListStreams", err}
	}
	var names []string
	for _, s := range all {
		names = append(names, aws.ToString(s.StreamName))
	}
	slices.Sort(names)
	return names, nil
}

// pagesOfStreams lists all streams, page after page. A list is not atomic: what
// comes twice is taken once. Pages are asked for by name, for a token may become
// too old, and by token where a page has no name. A list that would never end is
// a *paging.Error.
func pagesOfStreams(ctx context.Context, ask func(context.Context, *kinesis.ListStreamsInput) (*kinesis.ListStreamsOutput, error)) ([]types.StreamSummary, error) {
	var all []types.StreamSummary
	seen := map[string]bool{}
	last := ""
	in := &kinesis.ListStreamsInput{}
	var guard paging.Guard
	for {
		out, err := ask(ctx, in)
		if err != nil {
			return nil, err
		}
		before := len(all)
		end := ""
		for _, s := range pageOf(out) {
			name := aws.ToString(s.StreamName)
			if name != "" && !seen[name] {
				seen[name] = true
				all = append(all, s)
			}
			end = cmp.Or(name, end)
		}
		if !aws.ToBool(out.HasMoreStreams) {
			return all, nil
		}
		next := "name " + last // where a page has neither name nor token, nothing moves
		switch token := aws.ToString(out.NextToken); {
		case end != "":
			last = end
			in, next = &kinesis.ListStreamsInput{ExclusiveStartStreamName: aws.String(last)}, "name "+last
		case token != "":
			in, next = &kinesis.ListStreamsInput{NextToken: aws.String(token)}, "token "+token
		}
		if err := guard.Next(next, len(all)-before); err != nil {
			return nil, err
		}
	}
}

// checkPage refuses a page that the service cannot have sent.
func checkPage(out *kinesis.ListStreamsOutput) error {
	if out.StreamNames == nil && out.StreamSummaries == nil || out.HasMoreStreams == nil && len(out.StreamNames) == 0 {
		return errors.New("the answer has no list of streams")
	}
	return nil
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

// mostRetention is the longest that a stream may keep records (API
// documentation of IncreaseStreamRetentionPeriod).
const mostRetention = 8760

// Retention is how long a stream keeps records; 0 is not known.
func Retention(s types.StreamDescriptionSummary) time.Duration {
	return time.Duration(min(max(aws.ToInt32(s.RetentionPeriodHours), 0), mostRetention)) * time.Hour
}

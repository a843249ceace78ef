package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/time/rate"

	"kin/internal/paging"
	"kin/internal/record"
	"kin/internal/service"
	"kin/internal/validate"
	"kin/reader"
)

// StreamsClient has the calls of Streams; service.Client implements it. Each call must be a single
// attempt.
type StreamsClient interface {
	ListStreams(context.Context, *service.ListStreamsInput) (*service.ListStreamsOutput, error)
	reader.Client
}

const (
	// listsPerSecond and describesPerSecond are below the limits of an account: 5 ListStreams and
	// 20 DescribeStreamSummary calls a second for all callers (API documentation).
	listsPerSecond     = 4
	describesPerSecond = 15
)

// AccountError means that a call about all streams has failed permanently.
type AccountError struct {
	Call string
	Err  error
}

func (e *AccountError) Error() string { return e.Call + ": " + service.Brief(e.Err) }
func (e *AccountError) Unwrap() error { return e.Err }

// Operation returns the name of the API call.
func (e *AccountError) Operation() string { return e.Call }

// Listed is one stream of the account.
type Listed struct {
	// Summary is the description of the stream. Without a description it has only the fields of
	// ListStreams: name, ARN, status, mode and creation time.
	Summary types.StreamDescriptionSummary
	// Undescribed is the error of the description; nil if it succeeded.
	Undescribed error
}

// Streams returns the streams of the account in the region of the client, sorted by name. A stream
// that cannot be described is not an error. report is called with a message if a call has failed or
// has had no answer for 5 s; nil reports nothing. Errors are *AccountError, and
// *service.GaveUpError after 30 s.
func Streams(ctx context.Context, client StreamsClient, report func(string), log *slog.Logger) ([]Listed, error) {
	asker := reader.NewAsker(client, report, log)
	listed, err := listStreams(ctx, client, asker)
	if err != nil {
		return nil, err
	}
	streams, err := describeAll(ctx, asker, listed)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(streams, func(a, b Listed) int {
		return strings.Compare(aws.ToString(a.Summary.StreamName), aws.ToString(b.Summary.StreamName))
	})
	return streams, nil
}

// listStreams lists all streams. It gives up 30 s after the last page with a new stream. It retries
// temporary errors of a page. It restarts a list that would never end.
func listStreams(ctx context.Context, client StreamsClient, asker *reader.Asker) ([]types.StreamSummary, error) {
	pace := rate.NewLimiter(listsPerSecond, listsPerSecond)
	began := time.Now()
	var previousErr error // of the previous list
	failed := func(err error) error {
		if (errors.Is(err, context.DeadlineExceeded) || isListTimeout(err)) && previousErr != nil {
			err = previousErr // more useful than the timeout of this attempt
		}
		return &service.GaveUpError{After: time.Since(began), Err: err}
	}
	end := began.Add(listTimeout)
	pages, maxStreams := 0, 0 // maxStreams: the most streams that any attempt has listed
	advanced := func(streams int) {
		if streams > maxStreams {
			maxStreams, end = streams, time.Now().Add(listTimeout)
		}
	}
	ask := func(ctx context.Context, in *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
		limited, cancel := context.WithDeadline(ctx, end)
		defer cancel()
		if err := pace.Wait(limited); err != nil { // also fails if the wait would exceed the deadline
			return nil, accountError(&listTimeoutError{pages})
		}
		pages++
		// The deadline of limited would hide the error of the last attempt.
		return reader.RetryRead(ctx, asker, time.Until(end), accountError, func(ctx context.Context) (*service.ListStreamsOutput, error) {
			out, err := client.ListStreams(ctx, in)
			if err == nil {
				err = checkPage(out)
			}
			if err != nil {
				err = accountError(err)
			}
			return out, err
		})
	}
	for wait := firstPause; ; wait = min(2*wait, maxPause) {
		pages = 0
		all, err := listPages(ctx, ask, advanced)
		var gaveUp *service.GaveUpError
		switch {
		case err == nil:
			asker.Passed(&pages)
			return all, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.As(err, &gaveUp):
			return nil, failed(gaveUp.Err)
		case isListTimeout(err) || time.Until(end) <= 0:
			return nil, failed(err)
		case !paging.IsEndless(err):
			return nil, err
		}
		previousErr = accountError(err)
		asker.Failing(&pages, previousErr, time.Since(began))
		if err := service.Sleep(ctx, min(wait, time.Until(end))); err != nil {
			return nil, err
		}
		if time.Until(end) <= 0 {
			return nil, failed(previousErr)
		}
	}
}

// listTimeoutError means that the time of a list expired before its last page.
type listTimeoutError struct{ pages int }

func (e *listTimeoutError) Error() string {
	return fmt.Sprintf("the list had not ended after %d pages", e.pages)
}

func isListTimeout(err error) bool {
	var long *listTimeoutError
	return errors.As(err, &long)
}

// accountError wraps an error of ListStreams.
func accountError(err error) error { return &AccountError{"ListStreams", err} }

// A list that would never end is restarted after a pause, until listTimeout has passed since the
// last page with a new stream.
const (
	firstPause  = 200 * time.Millisecond
	maxPause    = 5 * time.Second
	listTimeout = 30 * time.Second
)

// StreamNames returns the sorted names of the account's streams. It makes a single attempt without
// a rate limit. Errors are *AccountError.
func StreamNames(ctx context.Context, client StreamsClient) ([]string, error) {
	all, err := listPages(ctx, func(ctx context.Context, in *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
		out, err := client.ListStreams(ctx, in)
		if err == nil {
			err = checkPage(out)
		}
		return out, err
	}, func(int) {})
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

// listPages lists all streams, page by page. A list is not atomic, so duplicates are dropped. It
// requests the next page by the last stream name, because a token may expire. It uses the token if
// the page has no name. A list that would never end is a *paging.Error. advanced is called after
// each page with the number of streams.
func listPages(ctx context.Context, ask func(context.Context, *service.ListStreamsInput) (*service.ListStreamsOutput, error), advanced func(int)) ([]types.StreamSummary, error) {
	var all []types.StreamSummary
	seen := map[string]bool{}
	last := ""
	in := &service.ListStreamsInput{}
	var guard paging.Guard
	for {
		out, err := ask(ctx, in)
		if err != nil {
			return nil, err
		}
		before := len(all)
		end := ""
		for _, s := range streamsOf(out) {
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
		advanced(len(all))
		next := "name " + last // without name and token the list cannot advance
		switch token := out.NextToken; {
		case end != "":
			last = end
			in, next = &service.ListStreamsInput{ExclusiveStartStreamName: last}, "name "+last
		case token != "":
			in, next = &service.ListStreamsInput{NextToken: token}, "token "+token
		}
		if err := guard.Next(next, len(all)-before); err != nil {
			return nil, err
		}
	}
}

// checkPage returns an error for a page that the service cannot have sent.
func checkPage(out *service.ListStreamsOutput) error {
	if out.StreamNames == nil && out.StreamSummaries == nil || out.HasMoreStreams == nil && len(out.StreamNames) == 0 {
		return errors.New("the answer has no list of streams")
	}
	for _, s := range streamsOf(out) {
		name := aws.ToString(s.StreamName)
		if named := record.ParseStream(name); named.Name == "" || named.ARN != "" {
			return &validate.Error{Reason: fmt.Sprintf("%.60q is not the name of a stream", name)}
		}
	}
	return nil
}

// streamsOf returns the streams of one page. Endpoints from before 2022 return only names.
func streamsOf(out *service.ListStreamsOutput) []types.StreamSummary {
	if len(out.StreamSummaries) > 0 {
		return out.StreamSummaries
	}
	var page []types.StreamSummary
	for _, name := range out.StreamNames {
		page = append(page, types.StreamSummary{StreamName: aws.String(name)})
	}
	return page
}

// maxRetentionHours is the longest retention period (API documentation of
// IncreaseStreamRetentionPeriod).
const maxRetentionHours = 8760

// Retention returns how long a stream keeps records; 0 if unknown.
func Retention(s types.StreamDescriptionSummary) time.Duration {
	return time.Duration(min(max(aws.ToInt32(s.RetentionPeriodHours), 0), maxRetentionHours)) * time.Hour
}

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

// StreamsClient is what Streams calls; service.Client is one. Its calls must be
// single attempts.
type StreamsClient interface {
	ListStreams(context.Context, *service.ListStreamsInput) (*service.ListStreamsOutput, error)
	reader.Client
}

const (
	// listsPerSecond and describesPerSecond are below the 5 ListStreams and the 20
	// DescribeStreamSummary calls a second that an account has for everybody
	// (API documentation).
	listsPerSecond     = 4
	describesPerSecond = 15
)

// AccountError is a call about all streams that failed for good.
type AccountError struct {
	Call string
	Err  error
}

func (e *AccountError) Error() string { return e.Call + ": " + service.Brief(e.Err) }
func (e *AccountError) Unwrap() error { return e.Err }

// Operation is the name of the API call.
func (e *AccountError) Operation() string { return e.Call }

// Listed is one stream of the account.
type Listed struct {
	// Summary is what the stream's description says or, without one, what ListStreams
	// does: name, ARN, status, mode and creation.
	Summary types.StreamDescriptionSummary
	// Undescribed says why the stream was not described; nil when it was.
	Undescribed error
}

// Streams are the account's streams in the client's region, by name. report is called
// with a line about calls that have failed, or have had no answer, for 5 s; nil is
// nobody. A stream that cannot be described is no error. Errors are *AccountError, and
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

// listStreams lists all streams, in 30 s from the last page that brought something new. What
// passes is retried: a page, and from its first page on a list that would never end.
func listStreams(ctx context.Context, client StreamsClient, asker *reader.Asker) ([]types.StreamSummary, error) {
	pace := rate.NewLimiter(listsPerSecond, listsPerSecond)
	began := time.Now()
	var last error // of the list before
	failed := func(err error) error {
		if (errors.Is(err, context.DeadlineExceeded) || isLong(err)) && last != nil {
			err = last // which says more than that the time of this one was over
		}
		return &service.GaveUpError{After: time.Since(began), Err: err}
	}
	end := began.Add(listTimeout)
	pages, most := 0, 0 // most is the largest number of streams that an attempt has had
	advanced := func(streams int) {
		if streams > most {
			most, end = streams, time.Now().Add(listTimeout)
		}
	}
	ask := func(ctx context.Context, in *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
		limited, cancel := context.WithDeadline(ctx, end)
		defer cancel()
		if err := pace.Wait(limited); err != nil { // also when the wait would outlast the time
			return nil, ofAccount(&longListError{pages})
		}
		pages++
		// The end of limited would hide the error of the last attempt.
		return reader.Ask(ctx, asker, time.Until(end), ofAccount, func(ctx context.Context) (*service.ListStreamsOutput, error) {
			out, err := client.ListStreams(ctx, in)
			if err == nil {
				err = checkPage(out)
			}
			if err != nil {
				err = ofAccount(err)
			}
			return out, err
		})
	}
	for wait := firstPause; ; wait = min(2*wait, mostPause) {
		pages = 0
		all, err := pagesOfStreams(ctx, ask, advanced)
		var gaveUp *service.GaveUpError
		switch {
		case err == nil:
			asker.Passed(&pages)
			return all, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.As(err, &gaveUp):
			return nil, failed(gaveUp.Err)
		case isLong(err) || time.Until(end) <= 0:
			return nil, failed(err)
		case !paging.IsEndless(err):
			return nil, err
		}
		last = ofAccount(err)
		asker.Failing(&pages, last, time.Since(began))
		if err := service.Sleep(ctx, min(wait, time.Until(end))); err != nil {
			return nil, err
		}
		if time.Until(end) <= 0 {
			return nil, failed(last)
		}
	}
}

// longListError means that the time of a list was over before its last page.
type longListError struct{ pages int }

func (e *longListError) Error() string {
	return fmt.Sprintf("the list had not ended after %d pages", e.pages)
}

func isLong(err error) bool {
	var long *longListError
	return errors.As(err, &long)
}

// ofAccount puts the call's name on an error of ListStreams.
func ofAccount(err error) error { return &AccountError{"ListStreams", err} }

// A list that would never end is begun again after a pause, until listTimeout is
// over: that is the time since the last page that brought something new.
const (
	firstPause  = 200 * time.Millisecond
	mostPause   = 5 * time.Second
	listTimeout = 30 * time.Second
)

// StreamNames are the names of the account's streams, sorted. It makes a single
// attempt, in as little time as the service lets it. Errors are *AccountError.
func StreamNames(ctx context.Context, client StreamsClient) ([]string, error) {
	all, err := pagesOfStreams(ctx, func(ctx context.Context, in *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
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

// pagesOfStreams lists all streams, page after page. A list is not atomic: what
// comes twice is taken once. Pages are asked for by name, for a token may become
// too old, and by token where a page has no name. A list that would never end is
// a *paging.Error. advanced is called with the number of streams after each page.
func pagesOfStreams(ctx context.Context, ask func(context.Context, *service.ListStreamsInput) (*service.ListStreamsOutput, error), advanced func(int)) ([]types.StreamSummary, error) {
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
		advanced(len(all))
		next := "name " + last // where a page has neither name nor token, nothing moves
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

// checkPage refuses a page that the service cannot have sent.
func checkPage(out *service.ListStreamsOutput) error {
	if out.StreamNames == nil && out.StreamSummaries == nil || out.HasMoreStreams == nil && len(out.StreamNames) == 0 {
		return errors.New("the answer has no list of streams")
	}
	for _, s := range pageOf(out) {
		name := aws.ToString(s.StreamName)
		if named := record.ParseStream(name); named.Name == "" || named.ARN != "" {
			return &validate.Error{Reason: fmt.Sprintf("%.60q is not the name of a stream", name)}
		}
	}
	return nil
}

// pageOf are the streams of one page. Endpoints of before 2022 tell their names
// alone.
func pageOf(out *service.ListStreamsOutput) []types.StreamSummary {
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

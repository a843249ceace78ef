package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/service"
)

// scriptedLists is an account with a scripted ListStreams.
type scriptedLists struct {
	account
	list  func(n int, in *service.ListStreamsInput) *service.ListStreamsOutput // n counts from 1
	calls int
}

func (a *scriptedLists) ListStreams(_ context.Context, in *service.ListStreamsInput) (*service.ListStreamsOutput, error) {
	a.calls++
	return a.list(a.calls, in), nil
}

// morePage returns a page that is not the last.
func morePage(token string, names ...string) *service.ListStreamsOutput {
	return &service.ListStreamsOutput{StreamNames: append([]string{}, names...), HasMoreStreams: aws.Bool(true), NextToken: token}
}

func TestFault05EndlessListOfStreamsIsRetriedAndThenFails(t *testing.T) {
	last := &service.ListStreamsOutput{StreamNames: []string{"z"}, HasMoreStreams: aws.Bool(false)}
	for name, tt := range map[string]struct {
		list func(n int, in *service.ListStreamsInput) *service.ListStreamsOutput
		want []string // the streams; nil is a failure
		text string
	}{
		"the same page again": {list: func(int, *service.ListStreamsInput) *service.ListStreamsOutput { return morePage("", "a", "b") }, text: "repeats a page token"},
		"two pages in turn": {list: func(n int, _ *service.ListStreamsInput) *service.ListStreamsOutput {
			return morePage("", []string{"a", "b"}[n%2])
		}, text: "repeats a page token"},
		"more, and nothing": {list: func(int, *service.ListStreamsInput) *service.ListStreamsOutput { return morePage("") }, text: "repeats a page token"},
		"empty pages":       {list: func(n int, _ *service.ListStreamsInput) *service.ListStreamsOutput { return morePage(fmt.Sprint(n)) }, text: "100 pages in a row brought nothing new"},
		"new names and old streams": {list: func(n int, _ *service.ListStreamsInput) *service.ListStreamsOutput {
			return morePage(fmt.Sprint(n), "a")
		}, text: "repeats a page token"},
		"a few empty pages": {list: func(n int, in *service.ListStreamsInput) *service.ListStreamsOutput {
			switch {
			case n == 1:
				return morePage("1", "a")
			case n == 2 && in.ExclusiveStartStreamName != "a", n > 2 && (in.ExclusiveStartStreamName != "" || in.NextToken != fmt.Sprint(n-1)):
				return morePage("", "wrong")
			case n < 30:
				return morePage(fmt.Sprint(n))
			}
			return last
		}, want: []string{"a", "z"}},
		"good the second time": {list: func(n int, _ *service.ListStreamsInput) *service.ListStreamsOutput {
			if n <= 2 {
				return morePage("", "a")
			}
			return last
		}, want: []string{"z"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &scriptedLists{list: tt.list}
				began := time.Now()
				streams, err := Streams(t.Context(), a, nil, nil)
				var got []string
				for _, s := range streams {
					got = append(got, *s.Summary.StreamName)
				}
				var exhausted *service.GaveUpError
				switch {
				case tt.want != nil && (err != nil || !slices.Equal(got, tt.want)):
					t.Errorf("got %v, %v, want %v", got, err, tt.want)
				case tt.want == nil && (!errors.As(err, &exhausted) || !strings.Contains(err.Error(), "ListStreams: ") || !strings.Contains(err.Error(), tt.text)):
					t.Errorf("got %v, %v, want that it gave up: %s", got, err, tt.text)
				case tt.want == nil && time.Since(began) > 30*time.Second:
					t.Errorf("it took %s", time.Since(began))
				}
			})
		})
	}
}

// A completion is optional, so it does not repeat a list.
func TestFault05StreamNamesMakesOneAttempt(t *testing.T) {
	a := &scriptedLists{list: func(int, *service.ListStreamsInput) *service.ListStreamsOutput { return morePage("", "a") }}
	var failed *AccountError
	if names, err := StreamNames(t.Context(), a); !errors.As(err, &failed) || a.calls != 2 {
		t.Errorf("got %v, %v after %d calls", names, err, a.calls)
	}
}

// A server may report a retention period that overflows a duration.
func TestFault04RetentionDoesNotOverflow(t *testing.T) {
	for hours, want := range map[int32]time.Duration{24: 24 * time.Hour, -1: 0, 1<<31 - 1: 8760 * time.Hour} {
		var s Stream
		s.Summary = &types.StreamDescriptionSummary{RetentionPeriodHours: &hours}
		if got := Retention(*s.Summary); got != want {
			t.Errorf("%d hours: got %s, want %s", hours, got, want)
		}
		if s.At = time.Now(); s.horizon().After(s.At) {
			t.Errorf("%d hours: the horizon %s is to come", hours, s.horizon())
		}
	}
}

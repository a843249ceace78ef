package efo

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"kin/internal/record"
	"kin/internal/service"
	"kin/reader"
)

// changingService is a service whose stream changes after a time.
type changingService struct {
	*fakeService
	summary func(*types.StreamDescriptionSummary)
}

func (c changingService) DescribeStreamSummary(ctx context.Context, in *service.DescribeStreamSummaryInput) (*service.DescribeStreamSummaryOutput, error) {
	out, err := c.fakeService.DescribeStreamSummary(ctx, in)
	if err == nil && c.summary != nil {
		c.summary(out.StreamDescriptionSummary)
	}
	return out, err
}

func TestFault13StateOfTheStreamIsNotAnOptionError(t *testing.T) {
	var (
		deleted     *reader.StreamDeletedError
		recreated   *reader.StreamRecreatedError
		notRetained *reader.NotRetainedError
	)
	for name, c := range map[string]struct {
		code string // error of the second subscription and all later ones
		then func(s *fakeService) func(*types.StreamDescriptionSummary)
		kept bool
		want any
	}{
		"deleted": {"ResourceNotFoundException", func(*fakeService) func(*types.StreamDescriptionSummary) {
			return func(s *types.StreamDescriptionSummary) { s.StreamStatus = types.StreamStatusDeleting }
		}, false, &deleted},
		"created again, consumer not found":      {"ResourceNotFoundException", recreate, false, &recreated},
		"created again, sequence number refused": {"InvalidArgumentException", recreate, true, &recreated},
		"no longer retained":                     {"InvalidArgumentException", nil, false, &notRetained},
		"no longer retained, with a checkpoint":  {"InvalidArgumentException", nil, true, &notRetained},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newService(t, "a")
				s.script("a", sends(sendsEvent(records(1, 2)), streamEnd), refuses(c.code), refuses(c.code), refuses(c.code), refuses(c.code))
				r := newRun(s)
				client := changingService{fakeService: s}
				if c.then != nil {
					client.summary = c.then(s)
				}
				if c.kept {
					r.reader.Positions = newMemory()
				}
				f, err := New(client, r.o)
				if err != nil {
					t.Fatal(err)
				}
				r.reader.Source = f.Source
				core, err := reader.New(client, r.reader)
				if err != nil {
					t.Fatal(err)
				}
				err = core.Run(t.Context(), reader.HandlerOf(func(*reader.Batch) error { return nil }))
				if err := f.Close(t.Context()); err != nil {
					t.Error(err)
				}
				var option *record.OptionError
				if !errors.As(err, c.want) || errors.As(err, &option) {
					t.Fatalf("ended with %v", err)
				}
				if state, is := err.(interface{ Unusable() bool }); is && state.Unusable() != c.kept {
					t.Errorf("a checkpoint that is unusable: %v", err)
				}
				if n := s.count("register"); n != 1 {
					t.Errorf("a consumer was registered %d times", n)
				}
			})
		})
	}
}

func recreate(*fakeService) func(*types.StreamDescriptionSummary) {
	began := time.Now()
	return func(s *types.StreamDescriptionSummary) {
		if s.StreamCreationTimestamp = aws.Time(began.Add(-time.Hour)); time.Since(began) > 2*time.Second {
			s.StreamCreationTimestamp = aws.Time(began.Add(2 * time.Second))
		}
	}
}

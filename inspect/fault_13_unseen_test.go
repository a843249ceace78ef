package inspect

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/checkpoint"
	"kin/internal/kinesistest"
	"kin/internal/record"
	"kin/internal/service"
)

// If a summary or a file lacks what a check needs, every command that uses a checkpoint reports
// that the check was not made.
func TestFault13ReportsACheckThatIsNotPossible(t *testing.T) {
	const day = 24
	created := record.Time{Time: kinesistest.Arrival(0)}
	for _, test := range []struct {
		name     string
		strip    func(*service.DescribeStreamSummaryOutput)
		created  record.Time // in the file
		timed    bool        // the file has a readThrough time
		unseen   []Unseen
		messages []string // of a run and a measurement
	}{
		{name: "complete", created: created, timed: true},
		{name: "no creation time", created: created, timed: true,
			strip: func(out *service.DescribeStreamSummaryOutput) {
				out.StreamDescriptionSummary.StreamCreationTimestamp = nil
			},
			unseen:   []Unseen{{Recreated, "DescribeStreamSummary of orders returned no creation time"}},
			messages: []string{"DescribeStreamSummary of orders returned no creation time: kin will not notice when the stream is deleted and created again"}},
		{name: "no retention", created: created, timed: true,
			strip: func(out *service.DescribeStreamSummaryOutput) {
				out.StreamDescriptionSummary.RetentionPeriodHours = nil
			},
			unseen:   []Unseen{{Trimmed, "DescribeStreamSummary of orders returned no retention period"}},
			messages: []string{"DescribeStreamSummary of orders returned no retention period: kin will not notice when records expire before they are read"}},
		{name: "neither", created: created, timed: true,
			strip: func(out *service.DescribeStreamSummaryOutput) {
				out.StreamDescriptionSummary.StreamCreationTimestamp, out.StreamDescriptionSummary.RetentionPeriodHours = nil, nil
			},
			unseen: []Unseen{{Recreated, "DescribeStreamSummary of orders returned no creation time"}, {Trimmed, "DescribeStreamSummary of orders returned no retention period"}},
			messages: []string{"DescribeStreamSummary of orders returned no creation time: kin will not notice when the stream is deleted and created again",
				"DescribeStreamSummary of orders returned no retention period: kin will not notice when records expire before they are read"}},
		{name: "no summary", created: created, timed: true,
			strip:    func(out *service.DescribeStreamSummaryOutput) { out.StreamDescriptionSummary = nil },
			unseen:   []Unseen{{Recreated, "DescribeStreamSummary of orders returned no summary"}, {Trimmed, "DescribeStreamSummary of orders returned no summary"}},
			messages: []string{"DescribeStreamSummary of orders returned no summary: kin will not notice when the stream is deleted and created again, or when records expire before they are read"}},
		{name: "no creation time in the file", timed: true,
			unseen:   []Unseen{{Recreated, "the checkpoint has no creation time of stream orders"}},
			messages: []string{"the checkpoint has no creation time of stream orders: kin did not check whether the stream was deleted and created again"}},
		{name: "no times of a shard in the file", created: created,
			unseen: []Unseen{{Trimmed, "the checkpoint has no readThrough time for 1 shard of stream orders"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := kinesistest.NewFake(&kinesistest.Shard{ID: "a", Records: []int{1, 2}})
				f.Hours = aws.Int32(day)
				w := &kinesistest.Watched{StreamAPI: f, After: func(out any) {
					if summary, ok := out.(*service.DescribeStreamSummaryOutput); ok && test.strip != nil {
						test.strip(summary)
					}
				}}
				m := kinesistest.NewMemory()
				at := checkpoint.Shard{Position: record.Position{Kind: record.TrimHorizon}}
				if test.timed {
					at.UpdatedAt = record.Time{Time: time.Now()}
				}
				m.File.Streams = []checkpoint.Stream{{Name: "orders", CreatedAt: test.created, InitialPosition: "trim_horizon", Shards: map[string]checkpoint.Shard{"a": at}}}

				messages, info := kinesistest.CollectMessages()
				l, err := NewLagMeter(w, LagMeterOptions{Streams: []string{"orders"}, Positions: m, Info: info})
				if err != nil {
					t.Fatal(err)
				}
				checks, err := l.Verify(t.Context())
				if err != nil || !slices.Equal(checks[0].Unseen, test.unseen) || len(checks[0].Findings) != 0 {
					t.Errorf("verify: %+v %v, want %+v unseen", checks, err, test.unseen)
				}
				wantMessages := func(by string) {
					t.Helper()
					lines := slices.DeleteFunc(messages(), func(line string) bool {
						return !strings.Contains(line, "will not notice") && !strings.Contains(line, "did not check")
					})
					if !slices.Equal(lines, test.messages) {
						t.Errorf("%s: messages %q, want %q", by, lines, test.messages)
					}
				}
				if _, err = l.Measure(t.Context()); err != nil {
					t.Error(err)
				}
				wantMessages("a measurement")

				messages, info = kinesistest.CollectMessages()
				if l, err = NewLagMeter(w, LagMeterOptions{Streams: []string{"orders"}, InitialPosition: record.Position{Kind: record.TrimHorizon}, Info: info}); err != nil {
					t.Fatal(err)
				}
				if _, err = l.Restart(t.Context(), m.File, nil); err != nil {
					t.Error(err)
				}
				wantMessages("a reset")

				messages, info = kinesistest.CollectMessages()
				o := testOptions()
				o.Positions, o.AvailableNow, o.Info = m, true, info
				if _, err := collectRun(context.WithoutCancel(t.Context()), t, w, o); err != nil {
					t.Error(err)
				}
				wantMessages("a run")
			})
		})
	}
}

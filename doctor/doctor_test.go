package doctor

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/awsclient"
	"kin/internal/kinesistest"
	"kin/internal/local"
	"kin/internal/service"
)

// simple is an endpoint that does not know dry runs: it does what is asked. It
// counts what it is asked to change.
type simple struct {
	service.API
	shards  []types.Shard // in place of the endpoint's; nil is those
	changes int
	noEFO   error // of SubscribeToShard; nil asks the endpoint
	// hideClosed leaves out closed shards where a filter asks for open ones.
	hideClosed bool
}

func (s *simple) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	in.DryRun = false
	return s.API.GetShardIterator(ctx, in)
}

func (s *simple) PutRecords(ctx context.Context, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
	s.changes++
	in.DryRun = false
	return s.API.PutRecords(ctx, in)
}

func (s *simple) RegisterStreamConsumer(context.Context, *service.RegisterStreamConsumerInput) (*service.RegisterStreamConsumerOutput, error) {
	s.changes++
	return nil, errors.New("not here")
}

func (s *simple) SubscribeToShard(ctx context.Context, in *service.SubscribeToShardInput) (service.EventStream, error) {
	if s.noEFO != nil {
		return nil, s.noEFO
	}
	return s.API.SubscribeToShard(ctx, in)
}

func (s *simple) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	out, err := s.API.ListShards(ctx, in)
	if err == nil && s.shards != nil {
		out.Shards = slices.DeleteFunc(slices.Clone(s.shards), func(shard types.Shard) bool {
			return s.hideClosed && in.ShardFilter != nil && shard.SequenceNumberRange.EndingSequenceNumber != nil
		})
	}
	return out, err
}

// examine examines the stream orders of an endpoint, after change.
func examine(t *testing.T, lo local.Options, change func(*kinesis.Client, *simple, *Options)) (*Report, *simple) {
	t.Helper()
	lo.Streams = []local.StreamSpec{{Name: "orders", Shards: 2}}
	endpoint, err := local.New(lo)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(endpoint)
	t.Cleanup(server.Close)
	s := &simple{API: awsclient.NewLocal(server.URL)}
	o := Options{
		Stream: "orders", Region: "us-east-1", Endpoint: server.URL, Foreign: true, ConsumerPrefix: "kin_",
		Identify: func(context.Context) (Identity, error) { return Identity{Source: "a test"}, ErrNoSTS },
	}
	if change != nil {
		change(kinesistest.SDK(server.URL, nil), s, &o)
	}
	report, err := Examine(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return report, s
}

func (r *Report) check(t *testing.T, name string) Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q among %v", name, r.Checks)
	return Check{}
}

// Where a dry run would be none, nothing is written; AWS's own endpoint knows
// them.
func TestNothingIsChangedWhereDryRunsAreNotKnown(t *testing.T) {
	report, s := examine(t, local.Options{}, nil)
	if c := report.check(t, "PutRecords"); c.Status != Skipped || s.changes != 0 {
		t.Errorf("%+v, %d changes", c, s.changes)
	}
	if c := report.check(t, "GetRecords"); c.Status != OK {
		t.Errorf("%+v", c)
	}
	if report.Findings() != 0 {
		t.Errorf("%d findings: %v", report.Findings(), report.Checks)
	}
	report, s = examine(t, local.Options{}, func(_ *kinesis.Client, _ *simple, o *Options) { o.Foreign = false })
	if c := report.check(t, "PutRecords"); c.Status != OK || s.changes != 1 {
		t.Errorf("AWS's own: %+v, %d changes", c, s.changes)
	}
}

func TestAStreamThatIsNotActiveIsAFindingUnlessItIsUpdating(t *testing.T) {
	ctx := t.Context()
	report, _ := examine(t, local.Options{UpdatingDelay: time.Hour}, func(c *kinesis.Client, _ *simple, _ *Options) {
		if _, err := c.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("orders"), TargetShardCount: aws.Int32(4), ScalingType: types.ScalingTypeUniformScaling}); err != nil {
			t.Fatal(err)
		}
	})
	if c := report.check(t, "stream"); c.Status != OK || !strings.HasPrefix(c.Message, "UPDATING") {
		t.Errorf("%+v", c)
	}
	report, _ = examine(t, local.Options{DeletingDelay: time.Hour}, func(c *kinesis.Client, _ *simple, _ *Options) {
		if _, err := c.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("orders")}); err != nil {
			t.Fatal(err)
		}
	})
	if c := report.check(t, "stream"); c.Status != Fail || !strings.HasPrefix(c.Message, "DELETING") || report.Findings() != 1 {
		t.Errorf("%+v, %d findings", c, report.Findings())
	}
}

func TestACallThatAnEndpointDoesNotHaveIsNoFinding(t *testing.T) {
	report, _ := examine(t, local.Options{}, func(_ *kinesis.Client, s *simple, _ *Options) {
		s.noEFO = &smithy.GenericAPIError{Code: "UnknownOperationException"}
	})
	if c := report.check(t, "SubscribeToShard"); c.Status != Skipped || report.Findings() != 0 {
		t.Errorf("%+v, %d findings", c, report.Findings())
	}
}

func TestAHoleInTheHashKeySpaceIsAFinding(t *testing.T) {
	report, _ := examine(t, local.Options{}, func(_ *kinesis.Client, s *simple, _ *Options) {
		out, err := s.API.ListShards(t.Context(), &service.ListShardsInput{StreamName: "orders"})
		if err != nil {
			t.Fatal(err)
		}
		s.shards = out.Shards[:1]
	})
	if c := report.check(t, "shards"); c.Status != Warn {
		t.Errorf("%+v", c)
	}
}

func TestAStreamWithoutRoomForConsumersIsAFinding(t *testing.T) {
	ctx := t.Context()
	report, _ := examine(t, local.Options{Limits: local.LimitsOff}, func(_ *kinesis.Client, s *simple, _ *Options) {
		for i := range 20 {
			if _, err := s.API.RegisterStreamConsumer(ctx, &service.RegisterStreamConsumerInput{
				StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/orders", ConsumerName: "reader-" + string(rune('a'+i)),
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
	if c := report.check(t, "consumers"); c.Status != Warn || !strings.HasPrefix(c.Message, "20 registered") {
		t.Errorf("%+v", c)
	}
}

func TestTheClockIsComparedAsFarAsADateCanTell(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 10, 400e6, time.UTC)
	for _, c := range []struct {
		date   time.Duration // the service's, cut to the second, behind the call's begin
		ahead  time.Duration
		status Status
	}{
		{-400 * time.Millisecond, 0, OK},
		{-1400 * time.Millisecond, 400 * time.Millisecond, OK},
		{600 * time.Millisecond, -500 * time.Millisecond, OK},
		{-5400 * time.Millisecond, 4400 * time.Millisecond, Warn},
		{4600 * time.Millisecond, -4500 * time.Millisecond, Warn},
		{-10 * time.Minute, 10*time.Minute - time.Second, Fail},
		{10 * time.Minute, -10*time.Minute + 100*time.Millisecond, Fail},
	} {
		k := clock{asked: at, answered: at.Add(100 * time.Millisecond), date: at.Add(c.date)}
		e := &examination{report: &Report{}, clock: k}
		e.clockCheck()
		if ahead, ok := k.ahead(); !ok || ahead != c.ahead || e.report.Checks[0].Status != c.status {
			t.Errorf("date at %s: ahead by %s, %+v; want %s, %s", c.date, ahead, e.report.Checks[0], c.ahead, c.status)
		}
	}
	e := &examination{report: &Report{}}
	if e.clockCheck(); e.report.Checks[0].Status != Skipped {
		t.Errorf("without a date: %+v", e.report.Checks[0])
	}
}

func TestARefusalTellsTheTimeToo(t *testing.T) {
	report, _ := examine(t, local.Options{Faults: []string{"DescribeStreamSummary=AccessDeniedException"}}, nil)
	if c := report.check(t, "clock"); c.Status != OK {
		t.Errorf("%+v", c)
	}
}

func TestWhatTheOutcomeOfACallSays(t *testing.T) {
	for code, want := range map[string]answer{
		"DryRunOperationException": dryRun, "ResourceNotFoundException": missing, "AccessDeniedException": denied,
		"KMSAccessDeniedException": keyDenied, "KMSDisabledException": keyUnusable, "InvalidSignatureException": unauthentic, "ProvisionedThroughputExceededException": busy,
		"InternalFailure": busy, "ValidationException": unknown, "UnknownOperationException": unheard,
	} {
		if got := reading(&smithy.GenericAPIError{Code: code}); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
	if reading(nil) != allowed || reading(errors.New("connection refused")) != unreachable {
		t.Error("no error, or one of the way")
	}
}

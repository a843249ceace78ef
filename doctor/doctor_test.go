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

// simpleEndpoint is an endpoint without dry runs: it makes the call. It counts changes.
type simpleEndpoint struct {
	service.API
	shards  []types.Shard // replaces the shards of the endpoint; nil does not
	changes int
	noEFO   error // error of SubscribeToShard; nil asks the endpoint
	// hideClosed filters closed shards if the request asks for open ones.
	hideClosed bool
}

func (s *simpleEndpoint) GetShardIterator(ctx context.Context, in *service.GetShardIteratorInput) (*service.GetShardIteratorOutput, error) {
	in.DryRun = false
	return s.API.GetShardIterator(ctx, in)
}

func (s *simpleEndpoint) PutRecords(ctx context.Context, in *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
	s.changes++
	in.DryRun = false
	return s.API.PutRecords(ctx, in)
}

func (s *simpleEndpoint) RegisterStreamConsumer(context.Context, *service.RegisterStreamConsumerInput) (*service.RegisterStreamConsumerOutput, error) {
	s.changes++
	return nil, errors.New("not here")
}

func (s *simpleEndpoint) SubscribeToShard(ctx context.Context, in *service.SubscribeToShardInput) (service.EventStream, error) {
	if s.noEFO != nil {
		return nil, s.noEFO
	}
	return s.API.SubscribeToShard(ctx, in)
}

func (s *simpleEndpoint) ListShards(ctx context.Context, in *service.ListShardsInput) (*service.ListShardsOutput, error) {
	out, err := s.API.ListShards(ctx, in)
	if err == nil && s.shards != nil {
		out.Shards = slices.DeleteFunc(slices.Clone(s.shards), func(shard types.Shard) bool {
			return s.hideClosed && in.ShardFilter != nil && shard.SequenceNumberRange.EndingSequenceNumber != nil
		})
	}
	return out, err
}

// examine examines the stream orders of an endpoint. change can modify the endpoint and the options
// before.
func examine(t *testing.T, lo local.Options, change func(*kinesis.Client, *simpleEndpoint, *Options)) (*Report, *simpleEndpoint) {
	t.Helper()
	lo.Streams = []local.StreamSpec{{Name: "orders", Shards: 2}}
	endpoint, err := local.New(lo)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(endpoint)
	t.Cleanup(server.Close)
	s := &simpleEndpoint{API: awsclient.NewLocal(server.URL)}
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

// Nothing is written if the endpoint may ignore a dry run. AWS supports dry runs.
func TestNothingIsWrittenWithoutDryRuns(t *testing.T) {
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
	report, s = examine(t, local.Options{}, func(_ *kinesis.Client, _ *simpleEndpoint, o *Options) { o.Foreign = false })
	if c := report.check(t, "PutRecords"); c.Status != OK || s.changes != 1 {
		t.Errorf("AWS: %+v, %d changes", c, s.changes)
	}
}

func TestStreamIsAFindingUnlessActiveOrUpdating(t *testing.T) {
	ctx := t.Context()
	report, _ := examine(t, local.Options{UpdatingDelay: time.Hour}, func(c *kinesis.Client, _ *simpleEndpoint, _ *Options) {
		if _, err := c.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("orders"), TargetShardCount: aws.Int32(4), ScalingType: types.ScalingTypeUniformScaling}); err != nil {
			t.Fatal(err)
		}
	})
	if c := report.check(t, "stream"); c.Status != OK || !strings.HasPrefix(c.Message, "UPDATING") {
		t.Errorf("%+v", c)
	}
	report, _ = examine(t, local.Options{DeletingDelay: time.Hour}, func(c *kinesis.Client, _ *simpleEndpoint, _ *Options) {
		if _, err := c.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("orders")}); err != nil {
			t.Fatal(err)
		}
	})
	if c := report.check(t, "stream"); c.Status != Fail || !strings.HasPrefix(c.Message, "DELETING") || report.Findings() != 1 {
		t.Errorf("%+v, %d findings", c, report.Findings())
	}
}

func TestUnsupportedCallIsNotAFinding(t *testing.T) {
	report, _ := examine(t, local.Options{}, func(_ *kinesis.Client, s *simpleEndpoint, _ *Options) {
		s.noEFO = &smithy.GenericAPIError{Code: "UnknownOperationException"}
	})
	if c := report.check(t, "SubscribeToShard"); c.Status != Skipped || report.Findings() != 0 {
		t.Errorf("%+v, %d findings", c, report.Findings())
	}
}

func TestGapInTheHashKeySpaceIsAFinding(t *testing.T) {
	report, _ := examine(t, local.Options{}, func(_ *kinesis.Client, s *simpleEndpoint, _ *Options) {
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

func TestFullListOfConsumersIsAFinding(t *testing.T) {
	ctx := t.Context()
	report, _ := examine(t, local.Options{Limits: local.LimitsOff}, func(_ *kinesis.Client, s *simpleEndpoint, _ *Options) {
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

func TestClockIsComparedWithTheDate(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 10, 400e6, time.UTC)
	for _, c := range []struct {
		date   time.Duration // the Date, in whole seconds, after the start of the call
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
		k := clock{sent: at, answered: at.Add(100 * time.Millisecond), date: at.Add(c.date)}
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

func TestClockUsesTheDateOfARefusal(t *testing.T) {
	report, _ := examine(t, local.Options{Faults: []string{"DescribeStreamSummary=AccessDeniedException"}}, nil)
	if c := report.check(t, "clock"); c.Status != OK {
		t.Errorf("%+v", c)
	}
}

func TestClassify(t *testing.T) {
	for code, want := range map[string]outcome{
		"DryRunOperationException": dryRun, "ResourceNotFoundException": missing, "AccessDeniedException": denied,
		"KMSAccessDeniedException": keyDenied, "KMSDisabledException": keyUnusable, "InvalidSignatureException": unauthentic, "ProvisionedThroughputExceededException": busy,
		"InternalFailure": busy, "ValidationException": unknown, "UnknownOperationException": unsupported,
	} {
		if got := classify(&smithy.GenericAPIError{Code: code}); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
	if classify(nil) != allowed || classify(errors.New("connection refused")) != unreachable {
		t.Error("nil, or an error without an answer")
	}
}

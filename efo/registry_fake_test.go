package efo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"kin/internal/service"
)

const testStream = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"

// registeredConsumer is a consumer of the fake, with the times of its states.
type registeredConsumer struct {
	created, active, removedAt time.Time // removedAt is zero unless it is DELETING
}

// fakeRegistry is one stream's consumers in memory, by the test's clock.
type fakeRegistry struct {
	creating, deleting time.Duration
	pageSize           int
	faults             map[string][]error // by call, each used once; nil is none
	hang               string             // a call that never answers
	missing            bool               // there is no such stream

	mu        sync.Mutex
	consumers map[string]*registeredConsumer
	calls     []string
	tokens    []string // of ListStreamConsumers
	epoch     int64
}

// toTheTimeOfTheService sleeps, in a bubble, until a time that the service can
// have had: a bubble begins in 2000.
func toTheTimeOfTheService() {
	if now := time.Now(); now.Year() < 2013 {
		time.Sleep(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Sub(now))
	}
}

func newFake(names ...string) *fakeRegistry {
	toTheTimeOfTheService()
	f := &fakeRegistry{faults: map[string][]error{}, consumers: map[string]*registeredConsumer{}, pageSize: 100}
	for _, name := range names {
		f.consumers[name] = &registeredConsumer{created: time.Now().Add(-time.Hour), active: time.Now().Add(-time.Hour)}
	}
	return f
}

func apiError(code string) error { return &smithy.GenericAPIError{Code: code, Message: "told so"} }

// begin notes a call, forgets what is gone, and answers a scripted fault.
func (f *fakeRegistry) begin(ctx context.Context, call string) error {
	f.calls = append(f.calls, call)
	for name, c := range f.consumers {
		if !c.removedAt.IsZero() && !time.Now().Before(c.removedAt) {
			delete(f.consumers, name)
		}
	}
	if f.hang == call {
		f.mu.Unlock()
		<-ctx.Done()
		f.mu.Lock()
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if queue := f.faults[call]; len(queue) > 0 {
		f.faults[call] = queue[1:]
		if queue[0] != nil {
			return queue[0]
		}
	}
	if f.missing {
		return apiError("ResourceNotFoundException")
	}
	return nil
}

func (f *fakeRegistry) count(call string) int {
	n := 0
	for _, c := range f.calls {
		if c == call {
			n++
		}
	}
	return n
}

func (f *fakeRegistry) status(name string) types.ConsumerStatus {
	switch c := f.consumers[name]; {
	case !c.removedAt.IsZero():
		return types.ConsumerStatusDeleting
	case time.Now().Before(c.active):
		return types.ConsumerStatusCreating
	}
	return types.ConsumerStatusActive
}

func (f *fakeRegistry) arn(name string) string {
	return testStream + "/consumer/" + name + ":" + strconv.FormatInt(f.consumers[name].created.Unix()+f.epoch, 10)
}

// named is the consumer that a request names, empty if there is none.
func (f *fakeRegistry) named(name, arn string) string {
	if arn != "" {
		for n := range f.consumers {
			if f.arn(n) == arn {
				return n
			}
		}
		return ""
	}
	if f.consumers[name] == nil {
		return ""
	}
	return name
}

func (f *fakeRegistry) DescribeStreamConsumer(ctx context.Context, in *service.DescribeStreamConsumerInput) (*service.DescribeStreamConsumerOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(ctx, "describe"); err != nil {
		return nil, err
	}
	if (in.ConsumerARN == "") == (in.StreamARN == "" || in.ConsumerName == "") {
		return nil, apiError("InvalidArgumentException")
	}
	name := f.named(in.ConsumerName, in.ConsumerARN)
	if name == "" {
		return nil, apiError("ResourceNotFoundException")
	}
	return &service.DescribeStreamConsumerOutput{ConsumerDescription: &types.ConsumerDescription{
		ConsumerName: &name, ConsumerARN: aws.String(f.arn(name)), ConsumerStatus: f.status(name),
		ConsumerCreationTimestamp: &f.consumers[name].created, StreamARN: aws.String(testStream),
	}}, nil
}

func (f *fakeRegistry) RegisterStreamConsumer(ctx context.Context, in *service.RegisterStreamConsumerInput) (*service.RegisterStreamConsumerOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(ctx, "register"); err != nil {
		return nil, err
	}
	name := in.ConsumerName
	if f.consumers[name] != nil {
		return nil, apiError("ResourceInUseException")
	}
	f.add(name)
	return &service.RegisterStreamConsumerOutput{Consumer: &types.Consumer{
		ConsumerName: &name, ConsumerARN: aws.String(f.arn(name)), ConsumerStatus: types.ConsumerStatusCreating,
		ConsumerCreationTimestamp: &f.consumers[name].created,
	}}, nil
}

func (f *fakeRegistry) add(name string) {
	f.epoch++
	f.consumers[name] = &registeredConsumer{created: time.Now(), active: time.Now().Add(f.creating)}
}

func (f *fakeRegistry) DeregisterStreamConsumer(ctx context.Context, in *service.DeregisterStreamConsumerInput) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.begin(ctx, "deregister"); err != nil {
		return err
	}
	name := f.named(in.ConsumerName, in.ConsumerARN)
	switch {
	case name == "":
		return apiError("ResourceNotFoundException")
	case f.status(name) != types.ConsumerStatusActive:
		return apiError("ResourceInUseException")
	}
	f.consumers[name].removedAt = time.Now().Add(f.deleting)
	return nil
}

func (f *fakeRegistry) ListStreamConsumers(ctx context.Context, in *service.ListStreamConsumersInput) (*service.ListStreamConsumersOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokens = append(f.tokens, in.NextToken)
	if err := f.begin(ctx, "list"); err != nil {
		return nil, err
	}
	if in.StreamARN != testStream {
		return nil, apiError("InvalidArgumentException")
	}
	out := &service.ListStreamConsumersOutput{Consumers: []types.Consumer{}}
	for name, c := range f.consumers {
		if name > in.NextToken {
			out.Consumers = append(out.Consumers, types.Consumer{
				ConsumerName: &name, ConsumerARN: aws.String(f.arn(name)), ConsumerStatus: f.status(name),
				ConsumerCreationTimestamp: &c.created,
			})
		}
	}
	slices.SortFunc(out.Consumers, func(a, b types.Consumer) int { return cmp.Compare(*a.ConsumerName, *b.ConsumerName) })
	if len(out.Consumers) > f.pageSize {
		out.Consumers = out.Consumers[:f.pageSize]
		out.NextToken = *out.Consumers[f.pageSize-1].ConsumerName
	}
	return out, nil
}

// registry is a registry of the fake's stream; said gathers what it says.
func registry(t *testing.T, f *fakeRegistry) (r *Registry, said *[]string) {
	t.Helper()
	said = &[]string{}
	r, err := NewRegistry(f, RegistryOptions{Stream: "orders", StreamARN: testStream, Info: func(s string) { *said = append(*said, s) }})
	if err != nil {
		t.Fatal(err)
	}
	return r, said
}

// several are n names: c00, c01, ...
func several(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("c%02d", i)
	}
	return names
}

package efo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/service"
	"kin/internal/validate"
)

// mixedUpService answers DescribeStreamConsumer or RegisterStreamConsumer for kin_a with kin_b, or
// with the ARN that change returns.
type mixedUpService struct {
	*fakeService
	describes, registers int // how many more answers are wrong
	change               func(arn string) string
}

func (m *mixedUpService) alter(name, arn *string) (*string, *string) {
	if m.change != nil {
		return name, aws.String(m.change(*arn))
	}
	return aws.String("kin_b"), aws.String(testStream + "/consumer/kin_b:1")
}

func (m *mixedUpService) DescribeStreamConsumer(ctx context.Context, in *service.DescribeStreamConsumerInput) (*service.DescribeStreamConsumerOutput, error) {
	out, err := m.fakeService.DescribeStreamConsumer(ctx, in)
	if err == nil && m.describes > 0 {
		m.describes--
		d := out.ConsumerDescription
		d.ConsumerName, d.ConsumerARN = m.alter(d.ConsumerName, d.ConsumerARN)
	}
	return out, err
}

func (m *mixedUpService) RegisterStreamConsumer(ctx context.Context, in *service.RegisterStreamConsumerInput) (*service.RegisterStreamConsumerOutput, error) {
	out, err := m.fakeService.RegisterStreamConsumer(ctx, in)
	if err == nil && m.registers > 0 {
		m.registers--
		out.Consumer.ConsumerName, out.Consumer.ConsumerARN = m.alter(out.Consumer.ConsumerName, out.Consumer.ConsumerARN)
	}
	return out, err
}

// newMixedUp returns a service with kin_a and kin_b, and a registry of its consumers.
func newMixedUp(t *testing.T) (*mixedUpService, *Registry) {
	t.Helper()
	m := &mixedUpService{fakeService: newService(t, "a")}
	m.add("kin_a")
	m.add("kin_b")
	r, err := NewRegistry(m, RegistryOptions{Stream: "orders", StreamARN: testStream})
	if err != nil {
		t.Fatal(err)
	}
	return m, r
}

// changes are the wrong ARNs in an answer about kin_a; nil means an answer about kin_b.
var changes = map[string]func(string) string{
	"another consumer": nil,
	"another name in the ARN": func(arn string) string {
		return strings.Replace(arn, "/consumer/kin_a:", "/consumer/kin_b:", 1)
	},
	"a longer name in the ARN": func(arn string) string {
		return strings.Replace(arn, "/consumer/kin_a:", "/consumer/kin_a2:", 1)
	},
	"no ARN": func(string) string { return "kin_a" },
}

const forever = 1 << 30

func TestFault08AnswerAboutAnotherConsumerIsRetried(t *testing.T) {
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, r := newMixedUp(t)
				m.change = change
				for _, id := range []ID{"kin_a", ID(m.arn("kin_a"))} {
					m.describes = 2
					if c, err := r.Describe(t.Context(), id); err != nil || c.Name != "kin_a" || c.ARN != m.arn("kin_a") {
						t.Errorf("describe %s: got %+v, %v", id, c, err)
					}
					m.describes = forever
					c, err := r.Describe(t.Context(), id)
					var gaveUp *service.GaveUpError
					var wrong *validate.Error
					if !errors.As(err, &gaveUp) || !errors.As(err, &wrong) || c != (Consumer{}) {
						t.Errorf("describe %s: got %+v, %v", id, c, err)
					}
				}
				m.describes = 0
				delete(m.fakeRegistry.consumers, "kin_a")
				m.registers = 1
				if g, err := r.Register(t.Context(), "kin_a"); err != nil || g.Consumer.ARN != m.arn("kin_a") || m.count("register") != 1 {
					t.Errorf("register: got %+v, %v", g, err)
				}
			})
		})
	}
}

// An ARN selects one registration of a consumer. An answer about another one is wrong.
func TestFault08AnswerAboutAnotherRegistrationIsRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMixedUp(t)
		m.describes, m.change = forever, func(arn string) string { return arn + "0" }
		var gaveUp *service.GaveUpError
		if _, err := r.Describe(t.Context(), ID(m.arn("kin_a"))); !errors.As(err, &gaveUp) {
			t.Errorf("by ARN: got %v", err)
		}
		if c, err := r.Describe(t.Context(), "kin_a"); err != nil || c.ARN != m.arn("kin_a")+"0" {
			t.Errorf("by name: got %+v, %v", c, err)
		}
	})
}

// kin never removes the consumer of an answer about another consumer.
func TestFault08AnswerAboutAnotherConsumerRemovesNone(t *testing.T) {
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, r := newMixedUp(t)
				m.describes, m.change = forever, change
				removed, err := r.withTimeout(time.Minute).Deregister(t.Context(), "kin_a")
				var timeout *TimeoutError
				if removed || !errors.As(err, &timeout) || m.count("deregister") != 0 || len(m.names()) != 2 {
					t.Errorf("got %t, %v; remaining consumers %q", removed, err, m.names())
				}
			})
		})
	}
}

// A run subscribes only through the consumer that it asked for.
func TestFault08RunNeverSubscribesThroughAnotherConsumer(t *testing.T) {
	for mode, o := range map[string]func(*Options){
		"named":      func(o *Options) { o.Name = "a" },
		"registered": func(o *Options) { o.RegisteredIDs = []string{"kin_a"} },
	} {
		for name, change := range changes {
			t.Run(mode+", "+name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					m, _ := newMixedUp(t)
					m.describes, m.change = forever, change
					r := newRun(m.fakeService)
					r.client, r.o.RegisterTimeout = m, time.Minute
					o(&r.o)
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
					defer cancel()
					err := r.do(ctx)
					var timeout *TimeoutError
					var wrong *validate.Error
					if !errors.As(err, &timeout) || !errors.As(err, &wrong) || len(m.callsFor("a")) > 0 {
						t.Errorf("got %v; subscribed at %q", err, m.callsFor("a"))
					}
				})
			})
		}
	}
}

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

// mixedUp is a service that answers questions about kin_a, or registrations of it, with
// kin_b, or with the ARN that change makes of the right one.
type mixedUp struct {
	*fakeService
	describes, registers int // how many more answers are about another
	change               func(arn string) string
}

func (m *mixedUp) spoil(name, arn *string) (*string, *string) {
	if m.change != nil {
		return name, aws.String(m.change(*arn))
	}
	return aws.String("kin_b"), aws.String(testStream + "/consumer/kin_b:1")
}

func (m *mixedUp) DescribeStreamConsumer(ctx context.Context, in *service.DescribeStreamConsumerInput) (*service.DescribeStreamConsumerOutput, error) {
	out, err := m.fakeService.DescribeStreamConsumer(ctx, in)
	if err == nil && m.describes > 0 {
		m.describes--
		d := out.ConsumerDescription
		d.ConsumerName, d.ConsumerARN = m.spoil(d.ConsumerName, d.ConsumerARN)
	}
	return out, err
}

func (m *mixedUp) RegisterStreamConsumer(ctx context.Context, in *service.RegisterStreamConsumerInput) (*service.RegisterStreamConsumerOutput, error) {
	out, err := m.fakeService.RegisterStreamConsumer(ctx, in)
	if err == nil && m.registers > 0 {
		m.registers--
		out.Consumer.ConsumerName, out.Consumer.ConsumerARN = m.spoil(out.Consumer.ConsumerName, out.Consumer.ConsumerARN)
	}
	return out, err
}

// newMixedUp is a service with kin_a and kin_b, and a registry of its consumers.
func newMixedUp(t *testing.T) (*mixedUp, *Registry) {
	t.Helper()
	m := &mixedUp{fakeService: newService(t, "a")}
	m.add("kin_a")
	m.add("kin_b")
	r, err := NewRegistry(m, RegistryOptions{Stream: "orders", StreamARN: testStream})
	if err != nil {
		t.Fatal(err)
	}
	return m, r
}

// changes are ways in which an answer about kin_a is wrong; nil is kin_b.
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

const forEver = 1 << 30

func TestFault08AnAnswerAboutAnotherConsumerIsAskedForAgain(t *testing.T) {
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
					m.describes = forEver
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

// Another registration of the consumer is not the one that an ARN asks for.
func TestFault08AnAnswerAboutAnotherRegistrationIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := newMixedUp(t)
		m.describes, m.change = forEver, func(arn string) string { return arn + "0" }
		var gaveUp *service.GaveUpError
		if _, err := r.Describe(t.Context(), ID(m.arn("kin_a"))); !errors.As(err, &gaveUp) {
			t.Errorf("by ARN: got %v", err)
		}
		if c, err := r.Describe(t.Context(), "kin_a"); err != nil || c.ARN != m.arn("kin_a")+"0" {
			t.Errorf("by name: got %+v, %v", c, err)
		}
	})
}

// What an answer about another consumer names is never removed.
func TestFault08AnAnswerAboutAnotherConsumerRemovesNone(t *testing.T) {
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, r := newMixedUp(t)
				m.describes, m.change = forEver, change
				removed, err := r.within(time.Minute).Deregister(t.Context(), "kin_a")
				var late *TimeoutError
				if removed || !errors.As(err, &late) || m.count("deregister") != 0 || len(m.names()) != 2 {
					t.Errorf("got %t, %v; left %q", removed, err, m.names())
				}
			})
		})
	}
}

// A run does not subscribe through a consumer that it did not ask for.
func TestFault08ARunSubscribesThroughNoOtherConsumer(t *testing.T) {
	for mode, o := range map[string]func(*Options){
		"named":      func(o *Options) { o.Name = "a" },
		"registered": func(o *Options) { o.RegisteredIDs = []string{"kin_a"} },
	} {
		for name, change := range changes {
			t.Run(mode+", "+name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					m, _ := newMixedUp(t)
					m.describes, m.change = forEver, change
					r := newRun(m.fakeService)
					r.client, r.o.RegisterTimeout = m, time.Minute
					o(&r.o)
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
					defer cancel()
					err := r.do(ctx)
					var late *TimeoutError
					var wrong *validate.Error
					if !errors.As(err, &late) || !errors.As(err, &wrong) || len(m.made("a")) > 0 {
						t.Errorf("got %v; subscribed at %q", err, m.made("a"))
					}
				})
			})
		}
	}
}

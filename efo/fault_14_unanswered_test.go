package efo

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/service"
)

// silentRegistry has no answer for any call.
type silentRegistry struct{ RegistryClient }

func (silentRegistry) DescribeStreamConsumer(ctx context.Context, _ *service.DescribeStreamConsumerInput) (*service.DescribeStreamConsumerOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (silentRegistry) ListStreamConsumers(ctx context.Context, _ *service.ListStreamConsumersInput) (*service.ListStreamConsumersOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A call about consumers that has no answer for 5 s is named, while it is under way.
func TestFault14AnUnansweredCallAboutConsumersIsNamed(t *testing.T) {
	for want, call := range map[string]func(context.Context, *Registry) error{
		"ListStreamConsumers for stream orders": func(ctx context.Context, r *Registry) error { _, err := r.List(ctx); return err },
		"DescribeStreamConsumer for consumer dash of stream orders": func(ctx context.Context, r *Registry) error {
			_, err := r.Describe(ctx, "dash")
			return err
		},
		"DescribeStreamConsumer for consumer dash of stream orders ": func(ctx context.Context, r *Registry) error {
			_, err := r.Register(ctx, "dash")
			return err
		},
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var said []string
				var at []time.Duration
				began := time.Now()
				r, err := NewRegistry(silentRegistry{}, RegistryOptions{Stream: "orders", StreamARN: ordersARN, Timeout: 20 * time.Second, Info: func(m string) {
					mu.Lock()
					defer mu.Unlock()
					said, at = append(said, m), append(at, time.Since(began))
				}})
				if err != nil {
					t.Fatal(err)
				}
				if err := call(t.Context(), r); err == nil {
					t.Error("no error")
				}
				line := "still trying: " + want
				if line[len(line)-1] == ' ' {
					line = line[:len(line)-1]
				}
				line += ": no answer from the service for 5s"
				if i := slices.Index(said, line); i != 0 || at[0] != service.ReportAfter {
					t.Errorf("said %q at %v, want %q", said, at, line)
				}
			})
		})
	}
}

package inspect

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/aws/smithy-go"

	"kin/internal/checkpoint"
	"kin/internal/record"
)

// listener hears what a run says, from all its goroutines.
func listener() (said func() []string, say func(string)) {
	var mu sync.Mutex
	var all []string
	return func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(all)
		}, func(m string) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, m)
		}
}

// lines collects messages.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, text)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// refusedConnection is what the SDK returns where nothing listens.
func refusedConnection() error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: "X", Err: &smithyhttp.RequestSendError{
		Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connect: connection refused")},
	}}
}

// unreadable is what the SDK returns for an answer that is not one of Kinesis.
func unreadable(call string) error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: call, Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 200}},
		Err:      &smithy.DeserializationError{Err: errors.New("failed to decode response body, invalid character '<'")},
	}}
}

// positionsIn are positions of a run that has read records of the shards up to
// the sequence numbers.
func positionsIn(shards map[string]string) *memory {
	m := newMemory()
	s := checkpoint.Stream{Name: "orders", InitialPosition: "trim_horizon", StartedAt: record.Time{Time: time.Now()}, Shards: map[string]checkpoint.Shard{}}
	for id, sequence := range shards {
		s.Shards[id] = checkpoint.Shard{Position: record.Position{Kind: record.AfterSequenceNumber, SequenceNumber: sequence}, UpdatedAt: record.Time{Time: time.Now()}}
	}
	m.file.Streams = []checkpoint.Stream{s}
	return m
}

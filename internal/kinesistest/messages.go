package kinesistest

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Lines collects messages. It is safe for concurrent use.
type Lines struct {
	mu  sync.Mutex
	All []string
}

// Add adds a message.
func (l *Lines) Add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.All = append(l.All, text)
}

// Text returns all messages, one a line.
func (l *Lines) Text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.All, "\n")
}

// RefusedConnection is the SDK's error for a port on which no process listens.
func RefusedConnection() error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: "X", Err: &smithyhttp.RequestSendError{
		Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connect: connection refused")},
	}}
}

// Unreadable is the SDK's error for an answer that is not from Kinesis.
func Unreadable(call string) error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: call, Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 200}},
		Err:      &smithy.DeserializationError{Err: errors.New("failed to decode response body, invalid character '<'")},
	}}
}

// CollectMessages returns a function that collects messages and one that returns them. Both are
// safe for concurrent use.
func CollectMessages() (messages func() []string, info func(string)) {
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

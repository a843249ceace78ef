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

// Lines collects messages.
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

// Text is all messages, a line each.
func (l *Lines) Text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.All, "\n")
}

// RefusedConnection is what the SDK returns where nothing listens.
func RefusedConnection() error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: "X", Err: &smithyhttp.RequestSendError{
		Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connect: connection refused")},
	}}
}

// Unreadable is what the SDK returns for an answer that is not one of Kinesis.
func Unreadable(call string) error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: call, Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 200}},
		Err:      &smithy.DeserializationError{Err: errors.New("failed to decode response body, invalid character '<'")},
	}}
}

// CollectMessages returns a func for the messages of a run, which all its
// goroutines may call, and one that returns those that it was given.
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

package service

import (
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestFault14ARateLimitIsAnAnswer(t *testing.T) {
	refused, busy := refusedConnection(), &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException"}
	type step struct {
		wait   time.Duration // before it
		key    string
		err    error // nil: the call passes
		lasted time.Duration
	}
	const still = "still trying: operation error Kinesis: X, "
	for name, c := range map[string]struct {
		steps []step
		want  []string // the beginnings of what is reported
	}{
		"the outage ends with a rate limit": {[]step{
			{0, "a", refused, 0}, {time.Minute, "a", refused, time.Minute}, {10 * time.Second, "a", busy, 70 * time.Second}, {5 * time.Second, "a", nil, 0},
			{3 * time.Hour, "a", refused, 0}, {200 * time.Millisecond, "a", nil, 0},
		}, []string{still, "connected again after 1m10s"}},
		"another call still fails": {[]step{
			{0, "a", refused, 0}, {0, "b", refused, 0}, {time.Minute, "a", refused, time.Minute}, {time.Second, "a", busy, 61 * time.Second}, {29 * time.Second, "b", nil, 0}, {time.Second, "a", nil, 0},
		}, []string{still, "connected again after 1m30s"}},
		"an outage after hours of rate limits": {[]step{
			{0, "a", busy, 0}, {3 * time.Hour, "a", refused, 3 * time.Hour}, {200 * time.Millisecond, "a", nil, 0},
		}, nil},
		"an outage that lasts, after hours of rate limits": {[]step{
			{0, "a", busy, 0}, {3 * time.Hour, "a", refused, 3 * time.Hour}, {time.Minute, "a", refused, 3*time.Hour + time.Minute}, {time.Second, "a", nil, 0},
		}, []string{still, "connected again after 1m1s"}},
		"rate limits between": {[]step{
			{0, "a", refused, 0}, {time.Minute, "a", refused, time.Minute}, {time.Second, "a", busy, 61 * time.Second}, {time.Second, "a", refused, 62 * time.Second}, {time.Second, "a", nil, 0},
		}, []string{still, "connected again after 1m1s"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var said lines
				report := Reporter{Report: said.add, Doing: "reading", IsQuiet: IsShardLimit}
				for _, s := range c.steps {
					time.Sleep(s.wait)
					if s.err == nil {
						report.Passed(s.key)
					} else {
						report.Failed(s.key, "", s.err, s.lasted)
					}
				}
				matches := func(got, want string) bool { return len(got) >= len(want) && got[:len(want)] == want }
				if !slices.EqualFunc(said.all, c.want, matches) {
					t.Errorf("said %q, want %q", said.all, c.want)
				}
				if report.Last() != nil || report.lasting != 0 || !report.since.IsZero() {
					t.Errorf("still failing: %v", report.Last())
				}
			})
		})
	}
}

// A person who does not read holds nobody up: the report of one shard's trouble blocks,
// and the other shard is read.
func TestFault14ReportHoldsNoLock(t *testing.T) {
	var report Reporter
	entered, leave := make(chan struct{}), make(chan struct{})
	report.Report = func(string) { close(entered); <-leave }
	go report.Failed("a", "", refusedConnection(), time.Minute)
	<-entered
	report.Failed("b", "", refusedConnection(), time.Second)
	report.Passed("b")
	if report.Last() == nil {
		t.Error("the failure of a is not known")
	}
	close(leave)
}

// lines collects the messages.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, text)
}

func refusedConnection() error {
	return &smithy.OperationError{ServiceID: "Kinesis", OperationName: "X", Err: &smithyhttp.RequestSendError{
		Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connect: connection refused")},
	}}
}

package inspect

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"kin/internal/awsclient"
	"kin/internal/local"
	"kin/internal/record"
)

// dated rewrites the Date of answers.
type dated struct {
	next inProcess
	date func(time.Time) time.Time
}

func (d dated) Do(req *http.Request) (*http.Response, error) {
	resp, err := d.next.Do(req)
	if err == nil {
		if date, parseErr := http.ParseTime(resp.Header.Get("Date")); parseErr == nil {
			resp.Header.Set("Date", d.date(date).UTC().Format(http.TimeFormat))
		}
	}
	return resp, err
}

// withDates is a client of the service whose answers have other Dates.
func (s *localService) withDates(date func(time.Time) time.Time) *kinesis.Client {
	return kinesis.New(awsclient.NewLocal("http://kinesis").Options(), func(o *kinesis.Options) { o.HTTPClient = dated{inProcess{s.Endpoint}, date} })
}

func TestFault08LagUsesNoStrayDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 1, local.Options{})
		s.put(0, "1")
		time.Sleep(2 * time.Second)
		astray := false
		client := s.withDates(func(right time.Time) time.Time {
			if astray {
				return right.Add(1000 * time.Hour)
			}
			return right
		})
		l, err := NewLooker(client, LookOptions{Streams: []string{"orders"}, InitialPosition: record.Position{Kind: record.TrimHorizon}})
		s.must(err)
		for range 3 {
			look, err := l.Look(t.Context())
			s.must(err)
			if off := time.Until(look.Time).Abs(); off > 5*time.Second {
				t.Errorf("the service's time is %s off", off)
			}
			if behind := look.Streams[0].Shards[0].MillisBehindLatest; behind > time.Since(s.Now()).Milliseconds()+3_600_000 {
				t.Errorf("%d ms behind", behind)
			}
			astray = true
			time.Sleep(time.Minute)
		}
	})
}

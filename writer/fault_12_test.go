package writer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/service"
)

// unsentError is an error of a call that never reached the service.
type unsentError struct{ error }

func (unsentError) Unsent() bool    { return true }
func (e unsentError) Unwrap() error { return e.error }

// Records of a request that waited for credentials until the run ended were not sent:
// none of them may be in the stream.
func TestFault12ARequestThatWaitedForCredentialsIsNotInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Grace = 3 * time.Second
		s := &memoryStream{put: func(ctx context.Context, n int, _ *service.PutRecordsInput) (*service.PutRecordsOutput, error) {
			if n == 1 {
				return nil, nil
			}
			<-ctx.Done()
			return nil, unsentError{ctx.Err()}
		}}
		got, err := cancelledAfter(t, 2*time.Second, s, o, numbered(1200))
		want := Summary{Read: 1200, Written: 500, WrittenThrough: 500, Bytes: 9 + 90*2 + 401*3, Duration: 5 * time.Second}
		if err != errSignal || got != want {
			t.Errorf("got %+v, %v, want %+v, %v", got, err, want, errSignal)
		}
	})
}

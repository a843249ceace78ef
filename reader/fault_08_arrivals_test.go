package reader

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kin/internal/kinesistest"
	"kin/internal/local"
	"kin/internal/service"
)

// wrapped is a service whose first answers with records have an arrival time that the SDK has
// wrapped. It is a valid time, more than 400 days from the service's time.
type wrapped struct {
	*kinesistest.Service
	away time.Duration
	left int
}

func (w *wrapped) GetRecords(ctx context.Context, in *service.GetRecordsInput) (*service.GetRecordsOutput, error) {
	out, err := w.Service.GetRecords(ctx, in)
	if err == nil && len(out.Records) > 0 && w.left > 0 {
		w.left--
		out.Records[len(out.Records)-1].ApproximateArrivalTimestamp = aws.Time(time.Now().Add(w.away))
	}
	return out, err
}

func TestFault08RejectsAnArrivalTimeThatTheSDKWrapped(t *testing.T) {
	for _, away := range []time.Duration{401 * 24 * time.Hour, -401 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := kinesistest.NewService(t, 1, local.Options{})
			s.Put(0, "1", "2", "3")
			time.Sleep(2 * time.Second)
			w := &wrapped{Service: s, away: away, left: 2}
			o, m := bounded(), kinesistest.NewMemory()
			o.Positions = m
			got, err := readFor(t, w, time.Minute, o)
			if err != nil || !slices.Equal(got, numbers(1, 3)) || w.left > 0 {
				t.Errorf("%s: got %q, %v", away, got, err)
			}
			for _, saved := range m.Saved {
				for _, at := range saved.Streams[0].Shards {
					if off := time.Since(at.LastArrival.Time); !at.LastArrival.IsZero() && (off > time.Hour || off < 0) {
						t.Errorf("%s: saved %+v", away, at)
					}
				}
			}
		})
	}
}

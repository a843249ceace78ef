package inspect

import (
	"testing"
	"testing/synctest"
	"time"

	"kin/internal/kinesistest"
	"kin/internal/local"
	"kin/internal/record"
)

func TestFault08LagUsesNoStrayDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := kinesistest.NewService(t, 1, local.Options{})
		s.Put(0, "1")
		time.Sleep(2 * time.Second)
		astray := false
		client := s.WithDates(func(right time.Time) time.Time {
			if astray {
				return right.Add(1000 * time.Hour)
			}
			return right
		})
		l, err := NewLooker(client, LookOptions{Streams: []string{"orders"}, InitialPosition: record.Position{Kind: record.TrimHorizon}})
		s.Must(err)
		for range 3 {
			look, err := l.Look(t.Context())
			s.Must(err)
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

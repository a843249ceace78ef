package servertime

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestFault08DateThatAgreesWithTheWallClockIsAccepted(t *testing.T) {
	start := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	for name, c := range map[string]struct {
		wall time.Duration // movement of the wall clock during one measured hour
		date time.Time
		ok   bool
	}{
		"a pause of three days":                           {73 * time.Hour, at(73 * time.Hour), true},
		"a pause of three days, wall clock 13 hours less": {60 * time.Hour, at(73 * time.Hour), true},
		"no pause":              {time.Hour, at(73 * time.Hour), false},
		"wall clock a day less": {48 * time.Hour, at(73 * time.Hour), false},
		"a Date in the past":    {-72 * time.Hour, at(-72 * time.Hour), false},
		"a changed wall clock":  {73 * time.Hour, at(time.Hour), true},
		"after 2100":            {90 * 366 * 24 * time.Hour, at(90 * 366 * 24 * time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wall := start.Add(time.Minute) // any offset
				reports := 0
				check := &Check{Report: func(string) { reports++ }, now: func() time.Time { return wall }}
				if _, err := check.Accept(start); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				wall = wall.Add(c.wall)
				got, err := check.Accept(c.date)
				if err != nil || got.Equal(c.date) != c.ok || !c.ok && !got.IsZero() {
					t.Errorf("got %s, %v, want %t", got, err, c.ok)
				}
				if c.ok == (reports > 0) {
					t.Errorf("%d reports", reports)
				}
				// Later Dates are compared with the accepted one.
				time.Sleep(time.Hour)
				wall = wall.Add(time.Hour)
				if next := c.date.Add(time.Hour); c.ok {
					if got, err := check.Accept(next); err != nil || !got.Equal(next) {
						t.Errorf("then got %s, %v", got, err)
					}
				}
			})
		})
	}
}

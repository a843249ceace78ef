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
		wall time.Duration // by how much this machine's wall clock moved while an hour was counted
		date time.Time
		ok   bool
	}{
		"a pause of three days":           {73 * time.Hour, at(73 * time.Hour), true},
		"and a wall clock that is behind": {60 * time.Hour, at(73 * time.Hour), true},
		"no pause":                        {time.Hour, at(73 * time.Hour), false},
		"a pause of a day less":           {48 * time.Hour, at(73 * time.Hour), false},
		"a Date that goes back":           {-72 * time.Hour, at(-72 * time.Hour), false},
		"a wall clock that was set":       {73 * time.Hour, at(time.Hour), true},
		"beyond 2100":                     {90 * 366 * 24 * time.Hour, at(90 * 366 * 24 * time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wall := start.Add(time.Minute) // it need not be right
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
				// What follows is compared with the Date that was accepted.
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

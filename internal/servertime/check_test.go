package servertime

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestFault08DatesFollowTheElapsedTime(t *testing.T) {
	start := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	type step struct {
		passed time.Duration // since the step before
		date   time.Time
		ok     bool
	}
	at := func(d time.Duration) time.Time { return start.Add(d) }
	for name, steps := range map[string][]step{
		"as time passes":             {{0, start, true}, {time.Hour, at(time.Hour), true}, {1000 * time.Hour, at(1001 * time.Hour), true}},
		"a day ahead":                {{0, start, true}, {time.Hour, at(25 * time.Hour), true}, {time.Hour, at(26 * time.Hour), true}},
		"more than a day ahead":      {{0, start, true}, {time.Hour, at(25*time.Hour + time.Second), false}, {time.Hour, at(2 * time.Hour), true}},
		"more than a day behind":     {{0, start, true}, {time.Hour, at(-23*time.Hour - time.Second), false}, {0, at(time.Hour), true}},
		"constantly wrong":           {{0, start, true}, {time.Hour, at(100 * time.Hour), false}, {time.Hour, at(101 * time.Hour), false}, {time.Hour, at(102 * time.Hour), false}, {90 * time.Hour, at(192 * time.Hour), false}},
		"a stopped clock":            {{0, start, true}, {23 * time.Hour, start, true}, {25 * time.Hour, start, false}},
		"1970":                       {{0, start, true}, {time.Second, time.Unix(0, 0), false}},
		"9999":                       {{0, start, true}, {time.Second, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), false}},
		"after a century of waiting": {{0, start, true}, {100 * 366 * 24 * time.Hour, at(100 * 366 * 24 * time.Hour), false}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reports := 0
				c := &Check{Report: func(string) { reports++ }}
				refused := 0
				for i, s := range steps {
					time.Sleep(s.passed)
					got, err := c.Accept(s.date)
					if err != nil || got.Equal(s.date) != s.ok || !s.ok && !got.IsZero() {
						t.Errorf("step %d: got %s, %v, want %t", i, got, err, s.ok)
					}
					if !s.ok {
						refused++
					}
				}
				if reports != min(refused, 1) {
					t.Errorf("%d reports of %d", reports, refused)
				}
			})
		})
	}
}

func TestFault08FirstDateIsBetween2013And2100(t *testing.T) {
	for date, ok := range map[time.Time]bool{
		time.Unix(0, 0): false, time.Date(2012, 12, 31, 23, 59, 59, 0, time.UTC): false, time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC): true,
		time.Date(2100, 12, 31, 23, 59, 59, 0, time.UTC): true, time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC): false, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC): false,
	} {
		c := &Check{}
		got, err := c.Accept(date)
		var bad *ImplausibleError
		if errors.As(err, &bad) == ok || got.Equal(date) != ok {
			t.Errorf("%s: got %s, %v", date, got, err)
		}
		if now := c.Now(); now.IsZero() == ok {
			t.Errorf("%s: Now returns %s", date, now)
		}
	}
	if got, err := (&Check{}).Accept(time.Time{}); err != nil || !got.IsZero() {
		t.Errorf("without a Date: %s, %v", got, err)
	}
}

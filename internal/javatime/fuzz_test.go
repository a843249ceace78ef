package javatime

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzJavaTime prints a time by a pattern, as Java does, and parses it: the
// same time comes back, as far as the pattern tells it. Any text at all is
// parsed too, and must not do more than fail.
func FuzzJavaTime(f *testing.F) {
	for i, pattern := range []string{
		Documented, DateString, "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "yyyyMMddHHmmssZ", "hh:mm:ss.SSS a, EEEE d MMMM y G z",
		"D/yyyy kk'h' X", "KK a, 'day' d.M.yyyy''Z", "yyyy-MM-dd'5'HH Z",
	} {
		f.Add(pattern, "06/25/2020 10:23:45 PDT", int64(1593080625123)+int64(i)*86_400_000*37, i)
	}
	f.Fuzz(func(t *testing.T, pattern, text string, ms int64, zoneIndex int) {
		if at, err := Parse(pattern, text); err != nil && !at.IsZero() {
			t.Errorf("Parse(%q, %q) gives %s with %v", pattern, text, at, err)
		}
		fields, err := compile(pattern)
		if err != nil {
			return
		}
		const span = 250_000 * int64(365*24*time.Hour/time.Millisecond) / 1000 // 250 years
		zones := []string{"PDT", "NPT", "UTC", "America/New_York", "Europe/Dublin", "Asia/Kathmandu"}
		name := zones[(zoneIndex%len(zones)+len(zones))%len(zones)]
		want := time.UnixMilli(ms % span).In(locate(t, name))
		printed, certain, parsed := printTime(fields, want, name)
		if !certain {
			return
		}
		got, err := Parse(pattern, printed)
		if err != nil && strings.Contains(err.Error(), "the clocks were put") && strings.Contains(printed, "/") {
			return // the clock shows that time twice, or midnight, which the pattern means, never
		}
		if err != nil || !got.Equal(parsed) {
			t.Errorf("%s printed by %q is %q, parsed %s, %v", want, pattern, printed, got, err)
		}
	})
}

// locate is the zone that a text in it names: abbreviations are offsets.
func locate(t *testing.T, name string) *time.Location {
	if minutes, ok := zoneNames[name]; ok {
		return time.FixedZone(name, minutes*60)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// printTime gives the text of a time, whether it can be taken apart again, and the
// time that the text tells, without what the pattern leaves out.
func printTime(fields []field, at time.Time, zoneID string) (text string, certain bool, parsed time.Time) {
	var b strings.Builder
	certain = true
	number := func(f field, n int) {
		s := strconv.Itoa(n)
		if f.kind == year && len(s) != 4 {
			certain = false
		}
		if f.kind == milli {
			s = fmt.Sprintf("%03d", n)
		} else {
			s = strings.Repeat("0", max(0, min(f.count, numbers[f.kind].digits)-len(s))) + s
		}
		if f.exact && len(s) != f.count {
			certain = false // the pattern has too few letters for it
		}
		b.WriteString(s)
	}
	finest := 24 * time.Hour
	fixed := false
	half := []string{"AM", "PM"}[at.Hour()/12]
	for _, f := range fields {
		switch f.kind {
		case literal:
			b.WriteString(f.text)
		case era:
			b.WriteString("AD")
		case year:
			number(f, at.Year())
		case month:
			number(f, int(at.Month()))
		case monthName:
			b.WriteString(short(at.Month().String(), f.count < 4))
		case day:
			number(f, at.Day())
		case yearDay:
			number(f, at.YearDay())
		case weekdayName:
			b.WriteString(short(at.Weekday().String(), f.count < 4))
		case halfDay:
			b.WriteString(half)
		case hour24:
			number(f, at.Hour())
			finest = min(finest, time.Hour)
		case hour1to24:
			number(f, (at.Hour()+23)%24+1)
			finest = min(finest, time.Hour)
		case hour11:
			number(f, at.Hour()%12)
			finest = min(finest, time.Hour)
		case hour12:
			number(f, (at.Hour()+11)%12+1)
			finest = min(finest, time.Hour)
		case minute:
			number(f, at.Minute())
			finest = min(finest, time.Minute)
		case second:
			number(f, at.Second())
			finest = min(finest, time.Second)
		case milli:
			number(f, at.Nanosecond()/1e6)
			finest = min(finest, time.Millisecond)
		case zoneName:
			b.WriteString(zoneID)
		case zoneOffset:
			fixed = true
			b.WriteString(at.Format("-07:00"))
			if _, seconds := at.Zone(); seconds%60 != 0 {
				certain = false // local mean time, of the 19th century
			}
		}
	}
	y, mo, d := at.Date()
	h, mi, s, ns := at.Hour(), at.Minute(), at.Second(), at.Nanosecond()
	switch finest {
	case 24 * time.Hour:
		h, mi, s, ns = 0, 0, 0, 0
	case time.Hour:
		mi, s, ns = 0, 0, 0
	case time.Minute:
		s, ns = 0, 0
	case time.Second:
		ns = 0
	}
	where := at.Location()
	if fixed {
		_, seconds := at.Zone()
		where = time.FixedZone("", seconds)
	}
	return b.String(), certain, time.Date(y, mo, d, h, mi, s, ns, where)
}

func short(name string, abbreviated bool) string {
	if abbreviated {
		return name[:3]
	}
	return name
}

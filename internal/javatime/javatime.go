// Package javatime reads a time as Java programs write it: a pattern in the
// letters of SimpleDateFormat and Joda-Time, and a text that fits it.
//
// It promises one meaning or none. Where Java guesses (from the machine's zone,
// from today's date, by rolling the 31st of June over into July) or where its
// two libraries read a letter differently, the text or the pattern is refused,
// in words that say what to write instead. It knows English names only.
package javatime

import (
	"fmt"
	"strings"
	"time"
)

// Patterns of Java itself.
const (
	// Documented is the pattern in the documentation of the Databricks
	// connector for Kinesis, of a time such as 06/25/2020 10:23:45 PDT.
	Documented = "MM/dd/yyyy HH:mm:ss ZZZ"
	// DateString is how java.util.Date prints itself, such as
	// Thu Jun 25 10:23:45 PDT 2020.
	DateString = "EEE MMM dd HH:mm:ss zzz yyyy"
)

// Parse reads text by pattern. The pattern has to name year, month and day (or
// the day of the year) and the zone; of hour, minute, second and millisecond
// the finer ones may be absent and are zero then. The result is in UTC.
func Parse(pattern, text string) (time.Time, error) {
	fields, err := compile(pattern)
	if err != nil {
		return time.Time{}, err
	}
	var p parts
	rest := text
	for _, f := range fields {
		if rest, err = p.take(f, rest); err != nil {
			return time.Time{}, fmt.Errorf("%q does not fit the format %q: %w", text, pattern, err)
		}
	}
	if rest != "" {
		return time.Time{}, fmt.Errorf("%q does not fit the format %q: nothing may follow at %q", text, pattern, rest)
	}
	t, err := p.time()
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: %w", text, err)
	}
	return t, nil
}

// parts are what the fields of a text say.
type parts struct {
	year, month, day int
	yearDay          int // 0 = month and day say it
	weekday          int // 1 + time.Weekday; 0 = not said
	hour, minute     int
	second, milli    int
	afternoon        bool
	zone             zone
}

// take reads one field from the start of text and returns what follows it.
func (p *parts) take(f field, text string) (rest string, err error) {
	switch f.kind {
	case literal:
		rest, ok := strings.CutPrefix(text, f.text)
		if !ok {
			return "", fmt.Errorf("want %q %s", f.text, positionText(text))
		}
		return rest, nil
	case monthName:
		p.month, rest, err = name(text, months, "the English name of a month")
	case weekdayName:
		p.weekday, rest, err = name(text, weekdays, "the English name of a day")
	case halfDay:
		var half int
		half, rest, err = name(text, []string{"AM", "PM"}, "AM or PM")
		p.afternoon = half == 2
	case era:
		_, rest, err = name(text, []string{"AD"}, "AD")
	case zoneName, zoneOffset:
		end := strings.IndexFunc(text, func(r rune) bool { return !inZone(r) })
		if end < 0 {
			end = len(text)
		}
		rest = text[end:]
		if f.kind == zoneName {
			p.zone, err = parseZone(text[:end])
		} else {
			p.zone, err = parseOffset(text[:end])
		}
	default:
		var n int
		if n, rest, err = f.number(text); err == nil {
			p.set(f.kind, n)
		}
	}
	return rest, err
}

// set keeps the value of a number field, which is within its range.
func (p *parts) set(k kind, n int) {
	switch k {
	case year:
		p.year = n
	case month:
		p.month = n
	case day:
		p.day = n
	case yearDay:
		p.yearDay = n
	case hour24, hour11:
		p.hour = n
	case hour1to24: // 24 is midnight at the start of the day, as in Java
		p.hour = n % 24
	case hour12:
		p.hour = n % 12
	case minute:
		p.minute = n
	case second:
		p.second = n
	case milli:
		p.milli = n
	}
}

// number reads the digits of a number field: as many as the pattern has
// letters where another digit may follow, else as many as there are.
func (f field) number(text string) (n int, rest string, err error) {
	s := numbers[f.kind]
	end := 0
	for end < len(text) && end < s.digits && text[end] >= '0' && text[end] <= '9' {
		n = n*10 + int(text[end]-'0')
		end++
		if f.exact && end == f.count {
			break
		}
	}
	if end == 0 || f.exact && end != f.count || s.fixed && end != s.digits || n < s.least || n > s.most {
		return 0, "", fmt.Errorf("want %s %s", s.what, positionText(text))
	}
	return n, text[end:], nil
}

// name reads the longest of names, in any case, or its first three letters,
// and returns its place from 1.
func name(text string, names []string, what string) (nth int, rest string, err error) {
	for i, full := range names {
		for _, n := range []string{full, full[:min(3, len(full))]} {
			if len(text) >= len(n) && strings.EqualFold(text[:len(n)], n) {
				return i + 1, text[len(n):], nil
			}
		}
	}
	return 0, "", fmt.Errorf("want %s %s", what, positionText(text))
}

// positionText names the position in a text at which something is wrong.
func positionText(rest string) string {
	if rest == "" {
		return "at its end"
	}
	return fmt.Sprintf("at %q", rest)
}

var (
	months = []string{"January", "February", "March", "April", "May", "June", "July", "August",
		"September", "October", "November", "December"}
	weekdays = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

// time is the one time that the parts mean.
func (p *parts) time() (time.Time, error) {
	if p.afternoon {
		p.hour += 12
	}
	month, day := time.Month(p.month), p.day
	if p.yearDay > 0 {
		month, day = time.January, p.yearDay
	}
	wall := time.Date(p.year, month, day, p.hour, p.minute, p.second, p.milli*int(time.Millisecond), time.UTC)
	switch {
	case p.yearDay == 0 && wall.Day() != p.day:
		return time.Time{}, fmt.Errorf("%s %d has no day %d", month, p.year, p.day)
	case p.yearDay > 0 && wall.Year() != p.year:
		return time.Time{}, fmt.Errorf("%d has no day %d", p.year, p.yearDay)
	case p.weekday > 0 && int(wall.Weekday())+1 != p.weekday:
		return time.Time{}, fmt.Errorf("that day was a %s", wall.Weekday())
	}
	return p.zone.at(wall)
}

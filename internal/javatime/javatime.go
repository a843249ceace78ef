// Package javatime parses times as Java programs write them: a pattern with the letters of
// SimpleDateFormat and Joda-Time, and a matching text.
//
// A text has one meaning or is an error. Java guesses some parts: it uses the machine's
// zone or today's date, and turns June 31 into July 1. Its two libraries also read some
// letters differently. In all these cases Parse returns an error that says what to write
// instead. Only English names are supported.
package javatime

import (
	"fmt"
	"strings"
	"time"
)

// Patterns with a special meaning in Java.
const (
	// Documented is the pattern in the documentation of the Databricks connector for Kinesis,
	// for times such as 06/25/2020 10:23:45 PDT.
	Documented = "MM/dd/yyyy HH:mm:ss ZZZ"
	// DateString is the format of java.util.Date's toString, such as Thu Jun 25 10:23:45 PDT
	// 2020.
	DateString = "EEE MMM dd HH:mm:ss zzz yyyy"
)

// Parse parses text by pattern. The pattern must have a year, a zone, and month and day or
// the day of the year. The time of day is optional, and each of its parts needs the coarser
// ones. Missing parts are zero. The result is in UTC.
func Parse(pattern, text string) (time.Time, error) {
	fields, err := compile(pattern)
	if err != nil {
		return time.Time{}, err
	}
	var p parts
	rest := text
	for _, f := range fields {
		if rest, err = p.parseField(f, rest); err != nil {
			return time.Time{}, fmt.Errorf("%q does not fit the format %q: %w", text, pattern, err)
		}
	}
	if rest != "" {
		return time.Time{}, fmt.Errorf("%q does not fit the format %q: unexpected text %q at the end", text, pattern, rest)
	}
	t, err := p.time()
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: %w", text, err)
	}
	return t, nil
}

// parts are the values of the fields of a text.
type parts struct {
	year, month, day int
	yearDay          int // 0: month and day are set instead
	weekday          int // 1 + time.Weekday; 0: not set
	hour, minute     int
	second, milli    int
	afternoon        bool
	zone             zone
}

// parseField parses one field at the start of text and returns the rest.
func (p *parts) parseField(f field, text string) (rest string, err error) {
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

// set stores the value of a number field. The value is in the field's range.
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

// number parses the digits of a number field. If a digit may follow the field, it has as
// many digits as the pattern has letters. Otherwise it has as many as there are.
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

// name parses one of names, in any case, or its first three letters. It returns the index
// of the name, from 1.
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

// positionText describes the position of an error in a text.
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

// time returns the time that the parts specify.
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

package javatime

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zone IDs work on machines without a zone database, and in a container of nothing but kin
)

// zone is a fixed offset from UTC, or a place with a history of them.
type zone struct {
	offset   time.Duration
	location *time.Location // nil = offset
	id       string
}

// forms are the ways to write a zone.
const forms = "an offset such as -0700, -07:00 or Z, a zone ID such as America/Los_Angeles, or an abbreviation such as PDT"

// inZone says whether a character can be part of a zone.
func inZone(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+-:/_", r)
}

// parseZone reads an offset, an abbreviation or a zone ID.
func parseZone(s string) (zone, error) {
	if z, err := parseOffset(s); err == nil {
		return z, nil
	}
	upper := strings.ToUpper(s)
	if meanings, ambiguous := severalZones[upper]; ambiguous {
		return zone{}, fmt.Errorf("%s means several zones (%s): want an offset such as %s, or a zone ID", s,
			strings.Join(meanings, ", "), meanings[0][:5])
	}
	if minutes, known := zoneNames[upper]; known {
		return zone{offset: time.Duration(minutes) * time.Minute}, nil
	}
	for _, prefix := range []string{"GMT", "UTC", "UT"} { // Java's custom IDs
		if rest, ok := strings.CutPrefix(upper, prefix); ok {
			if z, err := parseOffset(rest); err == nil && rest != "Z" {
				return z, nil
			}
		}
	}
	if isRegion := strings.Contains(s, "/") && !strings.HasPrefix(s, "posix/") && !strings.HasPrefix(s, "right/"); isRegion || plainIDs[s] {
		if l, err := time.LoadLocation(s); err == nil {
			return zone{location: l, id: s}, nil
		}
	}
	return zone{}, fmt.Errorf("unknown zone %q: want %s", s, forms)
}

// parseOffset reads Z, or a sign with hours and, with or without a colon,
// minutes.
func parseOffset(s string) (zone, error) {
	wrong := fmt.Errorf("%q: want an offset such as -0700, -07:00 or Z", s)
	if s == "Z" {
		return zone{}, nil
	}
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return zone{}, wrong
	}
	hours, minutes, colon := strings.Cut(s[1:], ":")
	switch {
	case colon && len(minutes) != 2, len(hours) > 2 && (colon || len(hours) != 4):
		return zone{}, wrong
	case len(hours) == 4:
		hours, minutes = hours[:2], hours[2:]
	case !colon:
		minutes = "0"
	}
	h, err := strconv.ParseUint(hours, 10, 8)
	if err != nil {
		return zone{}, wrong
	}
	m, err := strconv.ParseUint(minutes, 10, 8)
	offset := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if err != nil || m > 59 || offset > 18*time.Hour { // no zone was ever farther out
		return zone{}, wrong
	}
	if s[0] == '-' {
		offset = -offset
	}
	return zone{offset: offset}, nil
}

// at is the time at which clocks in the zone show wall, which is in UTC.
func (z zone) at(wall time.Time) (time.Time, error) {
	if z.location == nil {
		return wall.Add(-z.offset), nil
	}
	near := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), z.location)
	var found []time.Time
	// The offset that holds there, and those before and after it.
	start, end := near.ZoneBounds()
	for _, in := range []time.Time{start.Add(-1), near, end} {
		_, seconds := in.In(z.location).Zone()
		t := wall.Add(-time.Duration(seconds) * time.Second)
		if _, own := t.In(z.location).Zone(); own != seconds || len(found) > 0 && found[0].Equal(t) {
			continue
		}
		found = append(found, t)
	}
	switch len(found) {
	case 0:
		return time.Time{}, fmt.Errorf("there was no such time in %s, where the clocks were put forward: want an offset", z.id)
	case 1:
		return found[0], nil
	}
	return time.Time{}, fmt.Errorf("that time came twice in %s, where the clocks were put back: want an offset", z.id)
}

package javatime

import (
	"errors"
	"fmt"
	"strings"
)

// field is a part of a pattern: a run of equal letters, or text between them.
type field struct {
	kind  kind
	count int    // the number of letters
	exact bool   // a number that digits may follow; it must have count digits
	text  string // the text of a literal
}

// kind is the meaning of a field.
type kind int

const (
	literal kind = iota
	era
	year
	month
	monthName
	day
	yearDay
	weekdayName
	halfDay
	hour24    // 0 to 23
	hour1to24 // 24 is midnight
	hour11    // 0 to 11
	hour12    // 12 is midnight or noon
	minute
	second
	milli
	zoneName
	zoneOffset
)

// numbers describes the fields that are digits in a text.
var numbers = map[kind]struct {
	what        string
	least, most int
	digits      int
	fixed       bool // exactly this many digits
}{
	year:      {"a year of four digits", 1, 9999, 4, true},
	month:     {"a month, 1 to 12,", 1, 12, 2, false},
	day:       {"a day, 1 to 31,", 1, 31, 2, false},
	yearDay:   {"a day of the year, 1 to 366,", 1, 366, 3, false},
	hour24:    {"an hour, 0 to 23,", 0, 23, 2, false},
	hour1to24: {"an hour, 1 to 24,", 1, 24, 2, false},
	hour11:    {"an hour, 0 to 11,", 0, 11, 2, false},
	hour12:    {"an hour, 1 to 12,", 1, 12, 2, false},
	minute:    {"minutes, 0 to 59,", 0, 59, 2, false},
	second:    {"seconds, 0 to 59,", 0, 59, 2, false},
	milli:     {"milliseconds of three digits", 0, 999, 3, true},
}

// letters are the pattern letters that SimpleDateFormat and Joda-Time read alike. The
// connector's ZZZ comes from Joda-Time.
var letters = map[byte]kind{
	'G': era, 'y': year, 'M': month, 'L': month, 'd': day, 'D': yearDay, 'E': weekdayName, 'a': halfDay,
	'H': hour24, 'k': hour1to24, 'K': hour11, 'h': hour12, 'm': minute, 's': second, 'S': milli,
	'z': zoneName, 'Z': zoneName, 'X': zoneOffset,
}

// differ are the letters that mean different things in Java's libraries, or count in weeks.
const differ = "YuxewWFCcVOqQnNAB"

// compile parses a pattern. It makes sure that a matching text specifies exactly one time.
func compile(pattern string) ([]field, error) {
	fields, err := scan(pattern)
	if err != nil {
		return nil, fmt.Errorf("format %q: %w", pattern, err)
	}
	if err := checkComplete(fields); err != nil {
		return nil, fmt.Errorf("format %q: %w", pattern, err)
	}
	for i := range fields {
		if err := checkBoundary(&fields[i], fields[i+1:]); err != nil {
			return nil, fmt.Errorf("format %q: %w", pattern, err)
		}
	}
	return fields, nil
}

// scan splits a pattern into its fields. Quoted text and all characters that are not
// letters are literals. Two quotes mean one quote.
func scan(pattern string) ([]field, error) {
	var fields []field
	text := func(s string) {
		if n := len(fields); n > 0 && fields[n-1].kind == literal {
			fields[n-1].text += s
			return
		}
		fields = append(fields, field{kind: literal, text: s})
	}
	for rest := pattern; rest != ""; {
		c := rest[0]
		switch {
		case strings.HasPrefix(rest, "''"):
			text("'")
			rest = rest[2:]
		case c == '\'':
			quoted, after, err := unquote(rest[1:])
			if err != nil {
				return nil, err
			}
			text(quoted)
			rest = after
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := len(rest) - len(strings.TrimLeft(rest, string(c)))
			f, err := letterField(c, n)
			if err != nil {
				return nil, err
			}
			fields = append(fields, f)
			rest = rest[n:]
		default:
			text(rest[:1])
			rest = rest[1:]
		}
	}
	return fields, nil
}

// unquote parses up to the closing quote of a quoted text.
func unquote(s string) (quoted, after string, err error) {
	var b strings.Builder
	for {
		part, rest, ok := strings.Cut(s, "'")
		if !ok {
			return "", "", errors.New("a quote is not closed")
		}
		b.WriteString(part)
		if !strings.HasPrefix(rest, "'") {
			return b.String(), rest, nil
		}
		b.WriteByte('\'')
		s = rest[1:]
	}
}

func letterField(letter byte, count int) (field, error) {
	k, known := letters[letter]
	switch {
	case known && k == month && count >= 3:
		k = monthName
	case known && k == year && count == 2:
		return field{}, errors.New("a year of two digits is ambiguous: want yyyy")
	case known && k == milli && count != 3:
		return field{}, errors.New("want SSS, milliseconds of three digits")
	case !known && strings.IndexByte(differ, letter) >= 0:
		return field{}, fmt.Errorf("the letter %c differs between Java's libraries: want one of %s", letter, knownLetters)
	case !known:
		return field{}, fmt.Errorf("unknown letter %c: want one of %s, or text in quotes", letter, knownLetters)
	}
	return field{kind: k, count: count}, nil
}

const knownLetters = "G y M d D E a H k K h m s S z Z X"

// checkComplete checks that each part of a time occurs at most once, and that no part is missing
// before a finer one.
func checkComplete(fields []field) error {
	named := map[string]bool{}
	for _, f := range fields {
		part := f.part()
		if part != "" && named[part] {
			return fmt.Errorf("it names the %s twice", part)
		}
		named[part] = true
	}
	for _, must := range []struct {
		ok   bool
		want string
	}{
		{named["year"], "it names no year: want yyyy"},
		{named["day of the year"] != (named["month"] || named["day"]), "want month and day (MM, dd), or the day of the year (D)"},
		{named["month"] == named["day"], "want month and day (MM, dd), or the day of the year (D)"},
		{named["zone"], "it names no zone: want z, Z or X"},
		{named["AM/PM marker"] == named["12-hour field"], "a 12-hour field needs AM or PM, and only such a field may have it: want h and a, or H"},
		{named["hour"] != named["12-hour field"] || !named["hour"], "it names the hour twice"},
		{named["hour"] || named["12-hour field"] || !named["minute"], "it names minutes and no hour: want HH"},
		{named["minute"] || !named["second"], "it names seconds and no minutes: want mm"},
		{named["second"] || !named["millisecond"], "it names milliseconds and no seconds: want ss"},
	} {
		if !must.ok {
			return errors.New(must.want)
		}
	}
	return nil
}

// part returns the name of the field's part of the time; "" for a literal.
func (f field) part() string {
	switch f.kind {
	case era:
		return "era"
	case year:
		return "year"
	case month, monthName:
		return "month"
	case day:
		return "day"
	case yearDay:
		return "day of the year"
	case weekdayName:
		return "day of the week"
	case halfDay:
		return "AM/PM marker"
	case hour24, hour1to24:
		return "hour"
	case hour11, hour12:
		return "12-hour field"
	case minute:
		return "minute"
	case second:
		return "second"
	case milli:
		return "millisecond"
	case zoneName, zoneOffset:
		return "zone"
	}
	return ""
}

// checkBoundary checks that the end of a field can be recognized in a text. It sets f.exact.
func checkBoundary(f *field, after []field) error {
	if len(after) == 0 {
		return nil
	}
	next := after[0]
	_, nextDigits := numbers[next.kind]
	nextZone := next.kind == zoneName || next.kind == zoneOffset
	var first byte
	if next.kind == literal {
		first = next.text[0]
	}
	switch f.kind {
	case zoneName, zoneOffset:
		if next.kind != literal || inZone(rune(first)) {
			return errors.New("the zone must be at the end, or a space must follow it")
		}
	case monthName, weekdayName, halfDay, era:
		if next.kind != literal && !nextDigits || first|0x20 >= 'a' && first|0x20 <= 'z' {
			return errors.New("something other than letters must follow a name")
		}
	case literal:
	default:
		f.exact = nextDigits || first >= '0' && first <= '9'
		if nextZone {
			f.exact = false // a zone never begins with a digit
		}
	}
	return nil
}

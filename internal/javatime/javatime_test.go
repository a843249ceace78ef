package javatime

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The results are those of SimpleDateFormat in OpenJDK 17 for the same pattern and text. It
// rejects the ones marked with an asterisk, or does not parse them completely. Zone IDs are
// those of java.time and, as Z, of Joda-Time. GMT+2 and +02:00 are those of
// java.util.TimeZone.
func TestParseReadsWhatJavaReads(t *testing.T) {
	for _, c := range []struct{ pattern, text, want string }{
		{Documented, "06/25/2020 10:23:45 PDT", "2020-06-25T17:23:45Z"},
		{Documented, "06/25/2020 10:23:45 PST", "2020-06-25T18:23:45Z"}, // an abbreviation has the same offset all year
		{Documented, "01/25/2020 10:23:45 PDT", "2020-01-25T17:23:45Z"},
		{Documented, "6/5/2020 1:2:3 pdt", "2020-06-05T08:02:03Z"},
		{Documented, "06/25/2020 10:23:45 UTC", "2020-06-25T10:23:45Z"},
		{Documented, "06/25/2020 10:23:45 GMT+2", "2020-06-25T08:23:45Z"}, // *
		{Documented, "06/25/2020 10:23:45 GMT-07:30", "2020-06-25T17:53:45Z"},
		{Documented, "06/25/2020 10:23:45 +0200", "2020-06-25T08:23:45Z"},
		{Documented, "06/25/2020 10:23:45 +02:00", "2020-06-25T08:23:45Z"}, // *
		{Documented, "06/25/2020 10:23:45 NPT", "2020-06-25T04:38:45Z"},
		{Documented, "06/25/2020 10:23:45 ChST", "2020-06-25T00:23:45Z"},
		{Documented, "06/25/2020 10:23:45 CEST", "2020-06-25T08:23:45Z"},
		{Documented, "06/25/2020 10:23:45 America/Los_Angeles", "2020-06-25T17:23:45Z"}, // *
		{Documented, "01/25/2020 10:23:45 America/Los_Angeles", "2020-01-25T18:23:45Z"}, // *
		{Documented, "06/25/2020 10:23:45 PST8PDT", "2020-06-25T17:23:45Z"},             // *
		{Documented, "01/25/2020 10:23:45 PST8PDT", "2020-01-25T18:23:45Z"},             // *
		{Documented, "06/25/2020 10:23:45 EST5EDT", "2020-06-25T14:23:45Z"},             // *
		{Documented, "06/25/2020 10:23:45 CST6CDT", "2020-06-25T15:23:45Z"},             // *
		{Documented, "06/25/2020 10:23:45 MST7MDT", "2020-06-25T16:23:45Z"},             // *
		{Documented, "01/25/2020 10:23:45 Japan", "2020-01-25T01:23:45Z"},               // *
		{Documented, "06/25/2020 10:23:45 GB-Eire", "2020-06-25T09:23:45Z"},             // *
		{Documented, "01/25/2020 10:23:45 NZ-CHAT", "2020-01-24T20:38:45Z"},             // *
		{Documented, "06/25/2020 10:23:45 Etc/GMT+8", "2020-06-25T18:23:45Z"},           // *
		{Documented, "02/29/2020 23:59:59 Z", "2020-02-29T23:59:59Z"},                   // *
		{DateString, "Thu Jun 25 10:23:45 PDT 2020", "2020-06-25T17:23:45Z"},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSX", "2020-06-25T10:23:45.067-07", "2020-06-25T17:23:45.067Z"},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2020-06-25T10:23:45.067-07:00", "2020-06-25T17:23:45.067Z"},
		{"yyyy-MM-dd'T'HH:mm:ssX", "2020-06-25T10:23:45Z", "2020-06-25T10:23:45Z"},
		{"yyyyMMddHHmmssZ", "20200625102345+0530", "2020-06-25T04:53:45Z"},
		{"yyyy-MM-dd hh:mm:ss a z", "2020-06-25 12:23:45 AM PDT", "2020-06-25T07:23:45Z"},
		{"yyyy-MM-dd hh:mm:ss a z", "2020-06-25 12:23:45 pm PDT", "2020-06-25T19:23:45Z"},
		{"yyyy-MM-dd hh:mm:ss a z", "2020-06-25 01:23:45 PM PDT", "2020-06-25T20:23:45Z"},
		{"yyyy-MM-dd KK:mm a z", "2020-06-25 00:23 PM UTC", "2020-06-25T12:23:00Z"},
		{"yyyy-MM-dd kk:mm z", "2020-06-25 24:00 UTC", "2020-06-25T00:00:00Z"},
		{"yyyy-D z", "2020-177 UTC", "2020-06-25T00:00:00Z"},
		{"EEEE, d MMMM yyyy G 'at' HH 'o''clock' Z", "Thursday, 25 June 2020 AD at 10 o'clock -0700", "2020-06-25T17:00:00Z"},
		{"dd MMM y z", "25 June 2020 UTC", "2020-06-25T00:00:00Z"},
		{"z yyyy.MM.dd", "EDT 2020.06.25", "2020-06-25T04:00:00Z"},
		{"yyyy'年'MM'月'dd'日' Z", "2020年06月25日 +0900", "2020-06-24T15:00:00Z"},
	} {
		got, err := Parse(c.pattern, c.text)
		if err != nil || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("Parse(%q, %q) = %s, %v, want %s", c.pattern, c.text, got.Format(time.RFC3339Nano), err, c.want)
		}
	}
}

func TestDaylightSavingChanges(t *testing.T) {
	const pattern = "yyyy-MM-dd HH:mm:ss.SSS z"
	for _, c := range []struct{ text, want string }{
		// Forward from 02:00 to 03:00, on the second Sunday of March.
		{"2026-03-08 01:59:59.999 America/Los_Angeles", "2026-03-08T09:59:59.999Z"},
		{"2026-03-08 02:00:00.000 America/Los_Angeles", "error: there was no such time in America/Los_Angeles, where the clocks were put forward: want an offset"},
		{"2026-03-08 02:59:59.999 America/Los_Angeles", "error: there was no such time"},
		{"2026-03-08 03:00:00.000 America/Los_Angeles", "2026-03-08T10:00:00Z"},
		{"2026-03-08 02:30:00.000 PST", "2026-03-08T10:30:00Z"},
		// Back from 02:00 to 01:00, on the first Sunday of November.
		{"2026-11-01 00:59:59.999 America/Los_Angeles", "2026-11-01T07:59:59.999Z"},
		{"2026-11-01 01:00:00.000 America/Los_Angeles", "error: that time came twice in America/Los_Angeles, where the clocks were put back: want an offset"},
		{"2026-11-01 01:59:59.999 America/Los_Angeles", "error: that time came twice"},
		{"2026-11-01 02:00:00.000 America/Los_Angeles", "2026-11-01T10:00:00Z"},
		{"2026-11-01 01:30:00.000 PDT", "2026-11-01T08:30:00Z"},
		{"2026-11-01 01:30:00.000 PST", "2026-11-01T09:30:00Z"},
		// A change of half an hour, in the southern hemisphere.
		{"2026-04-05 01:45:00.000 Australia/Lord_Howe", "error: that time came twice"},
		{"2026-10-04 02:15:00.000 Australia/Lord_Howe", "error: there was no such time"},
		{"2026-10-04 02:30:00.000 Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
		// A day that a country skipped, and zones without changes.
		{"2011-12-30 12:00:00.000 Pacific/Apia", "error: there was no such time"},
		{"2026-03-08 02:30:00.000 Etc/UTC", "2026-03-08T02:30:00Z"},
		{"2026-03-08 02:30:00.000 Asia/Kolkata", "2026-03-07T21:00:00Z"},
	} {
		var got string
		if at, err := Parse(pattern, c.text); err != nil {
			got = "error: " + strings.TrimPrefix(err.Error(), fmt.Sprintf("%q: ", c.text))
		} else {
			got = at.Format(time.RFC3339Nano)
		}
		if got != c.want && (!strings.HasPrefix(c.want, "error") || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestRejectsInvalidAndAmbiguousTexts(t *testing.T) {
	for _, c := range []struct{ pattern, text, want string }{
		{Documented, "06/25/2020 10:23:45", `want " " at its end`},
		{Documented, "06/25/2020 10:23:45 ", `unknown zone ""`},
		{Documented, "06/25/2020 10:23:45 CST", "CST means several zones (-0600 America, -0500 Cuba, +0800 China): want an offset such as -0600, or a zone ID"},
		{Documented, "06/25/2020 10:23:45 ADT", "ADT means several zones (-0300 Atlantic, +0400 Arabia): want an offset such as -0300, or a zone ID"},
		{Documented, "06/25/2020 10:23:45 AST", "-0400 Atlantic, +0300 Arabia"},
		{Documented, "06/25/2020 10:23:45 ACST", "+0930 Australia, -0400 Brazil"},
		{Documented, "06/25/2020 10:23:45 IDT", "+0300 Israel, +0630 India"},
		{Documented, "06/25/2020 10:23:45 pst8pdt", "unknown zone"},
		{Documented, "06/25/2020 10:23:45 Factory", "unknown zone"},
		{Documented, "06/25/2020 10:23:45 IST", "+0530 India, +0200 Israel, +0100 Ireland"},
		{Documented, "06/25/2020 10:23:45 BST", "several zones"},
		{Documented, "06/25/2020 10:23:45 XYZ", `unknown zone "XYZ": want ` + forms},
		{Documented, "06/25/2020 10:23:45 Mars/Olympus", "unknown zone"},
		{Documented, "06/25/2020 10:23:45 ../etc/passwd", "unknown zone"},
		{Documented, "06/25/2020 10:23:45 Local", "unknown zone"},
		{Documented, "06/25/2020 10:23:45 +19:00", "unknown zone"},
		{Documented, "06/25/2020 10:23:45 +02:60", "unknown zone"},
		{Documented, "06/25/2020 10:23:45 +020", "unknown zone"},
		{Documented, "06/25/2020 10:23:45 GMTZ", "unknown zone"},
		{Documented, "06/25/2020 10:23:45 PDT ", `unexpected text " "`},
		{Documented, "06/25/2020 10:23:45 PDT and more", "unexpected text"},
		{Documented, " 06/25/2020 10:23:45 PDT", "want a month"},
		{Documented, "06/25/20 10:23:45 PDT", "want a year of four digits"},
		{Documented, "06/25/12020 10:23:45 PDT", "at"},
		{Documented, "13/25/2020 10:23:45 PDT", "want a month, 1 to 12, at"},
		{Documented, "00/25/2020 10:23:45 PDT", "want a month"},
		{Documented, "06/31/2020 10:23:45 PDT", "June 2020 has no day 31"},
		{Documented, "02/29/2021 10:23:45 PDT", "February 2021 has no day 29"},
		{Documented, "06/25/2020 24:23:45 PDT", "want an hour, 0 to 23,"},
		{Documented, "06/25/2020 10:60:45 PDT", "want minutes"},
		{Documented, "06/25/2020 10:23:60 PDT", "want seconds"},
		{Documented, "06-25-2020 10:23:45 PDT", `want "/" at "-25-2020`},
		{DateString, "Fri Jun 25 10:23:45 PDT 2020", "that day was a Thursday"},
		{DateString, "Thu Juin 25 10:23:45 PDT 2020", "want the English name of a month"},
		{"yyyy-D z", "2021-366 UTC", "2021 has no day 366"},
		{"yyyy-MM-dd hh:mm a z", "2020-06-25 10:23 UTC", "want AM or PM"},
		{"yyyy-MM-dd hh:mm a z", "2020-06-25 13:23 PM UTC", "want an hour, 1 to 12,"},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSX", "2020-06-25T10:23:45.123456Z", "want an offset"},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSX", "2020-06-25T10:23:45.1Z", "want milliseconds of three digits"},
		{"yyyy-MM-dd'T'HH:mm:ssX", "2020-06-25T10:23:45PDT", "want an offset"},
	} {
		got, err := Parse(c.pattern, c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) || !got.IsZero() {
			t.Errorf("Parse(%q, %q) = %s, %v, want %s", c.pattern, c.text, got, err, c.want)
		}
	}
}

func TestRejectsAmbiguousPatterns(t *testing.T) {
	for _, c := range []struct{ pattern, want string }{
		{"", "it names no year"},
		{"MM/dd/yy HH:mm:ss Z", "a year of two digits is ambiguous: want yyyy"},
		{"MM/dd HH:mm:ss Z", "it names no year"},
		{"yyyy-MM HH:mm:ss Z", "want month and day"},
		{"yyyy HH:mm:ss Z", "want month and day"},
		{"yyyy-MM-D Z", "want month and day"},
		{"yyyy-MM-dd HH:mm:ss", "it names no zone: want z, Z or X"},
		{"yyyy-MM-dd hh:mm:ss Z", "a 12-hour field needs AM or PM"},
		{"yyyy-MM-dd HH:mm:ss a Z", "a 12-hour field needs AM or PM, and only such a field may have it"},
		{"yyyy-MM-dd HH hh a Z", "it names the hour twice"},
		{"yyyy-MM-dd mm:ss Z", "minutes and no hour"},
		{"yyyy-MM-dd HH ss Z", "seconds and no minutes"},
		{"yyyy-MM-dd HH:mm SSS Z", "milliseconds and no seconds"},
		{"yyyy-MM-dd HH:mm:ss.SSSSSS Z", "want SSS, milliseconds"},
		{"yyyy-MM-dd HH:mm:mm Z", "it names the minute twice"},
		{"yyyy-MM-dd HH:mm z Z", "it names the zone twice"},
		{"YYYY-MM-dd HH:mm:ss Z", "the letter Y differs between Java's libraries"},
		{"uuuu-MM-dd HH:mm:ss Z", "the letter u differs between Java's libraries"},
		{"yyyy-MM-dd HH:mm:ss VV", "the letter V differs between Java's libraries"},
		{"yyyy-MM-ddTHH:mm:ssZ", "unknown letter T: want one of"},
		{"yyyy-MM-dd'T HH:mm:ss Z", "a quote is not closed"},
		{"yyyy-MM-dd Z:HH:mm", "the zone must be at the end"},
		{"yyyy-MM-dd ZHH", "the zone must be at the end"},
		{"yyyy-MMMEEE-dd Z", "something other than letters must follow a name"},
		{"yyyy-MMM'x'-dd Z", "something other than letters must follow a name"},
	} {
		if _, err := Parse(c.pattern, "2020-06-25"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.pattern, err, c.want)
		}
	}
}

// No abbreviation is in both tables. Each alternative in a message begins with a valid
// offset.
func TestZoneTables(t *testing.T) {
	for name, meanings := range severalZones {
		if _, both := zoneNames[name]; both || len(meanings) < 2 {
			t.Errorf("%s is not ambiguous", name)
		}
		for _, m := range meanings {
			if _, err := parseOffset(m[:5]); err != nil {
				t.Errorf("%s: %q: %v", name, m, err)
			}
		}
	}
	for id := range plainIDs {
		_, one := zoneNames[strings.ToUpper(id)]
		_, several := severalZones[strings.ToUpper(id)]
		if z, err := parseZone(id); err != nil || z.location == nil || one || several {
			t.Errorf("%s: %+v, %v", id, z, err)
		}
	}
	for name, minutes := range zoneNames {
		if name != strings.ToUpper(name) || minutes < -11*60 || minutes > 14*60 {
			t.Errorf("%s: %d minutes", name, minutes)
		}
	}
}

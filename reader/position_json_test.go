package reader

import (
	"strings"
	"testing"
	"time"

	"kin/internal/record"
)

func TestParsePositionInTheConnectorsJSON(t *testing.T) {
	at := func(s string) record.Position {
		t.Helper()
		when, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return record.Position{Kind: record.AtTimestamp, Timestamp: record.Time{Time: when.UTC()}}
	}
	for text, want := range map[string]record.Position{
		`{"at_timestamp": "06/25/2020 10:23:45 PDT"}`:                                                       at("2020-06-25T17:23:45Z"),
		`{"at_timestamp": "06/25/2020 10:23:45 PDT", "format": "MM/dd/yyyy HH:mm:ss ZZZ"}`:                  at("2020-06-25T17:23:45Z"),
		`{"format":"MM/dd/yyyy HH:mm:ss ZZZ","at_timestamp":"06/25/2020 10:23:45 PDT"}`:                     at("2020-06-25T17:23:45Z"),
		" {\"at_timestamp\":\t\"06/25/2020 10:23:45 America/Los_Angeles\"}\n":                               at("2020-06-25T17:23:45Z"),
		`{"at_timestamp": "2020-06-25T10:23:45.067+02:00"}`:                                                 at("2020-06-25T08:23:45.067Z"),
		`{"at_timestamp": "Thu Jun 25 10:23:45 PDT 2020"}`:                                                  at("2020-06-25T17:23:45Z"),
		`{"at_timestamp": "2020-06-25 10:23:45.067 +0200", "format": "yyyy-MM-dd HH:mm:ss.SSS Z"}`:          at("2020-06-25T08:23:45.067Z"),
		`{"at_timestamp": "\u0030\u0036/25/2020 10:23:45 PDT", "\u0066ormat": "MM\/dd\/yyyy HH:mm:ss ZZZ"}`: at("2020-06-25T17:23:45Z"),
	} {
		got, err := record.ParsePosition(text)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
			continue
		}
		if again, err := record.ParsePosition(got.String()); err != nil || again != want || strings.Contains(got.String(), "{") {
			t.Errorf("%s is printed %s, read again %+v, %v", text, got, again, err)
		}
	}
	for text, want := range map[string]string{
		`{}`:                                    "at_timestamp is missing",
		`{"format": "MM/dd/yyyy HH:mm:ss ZZZ"}`: "at_timestamp is missing",
		`{"at_timestamp": "06/25/2020 10:23:45 PDT", "zone": "UTC"}`:                 `unknown member "zone"`,
		`{"AT_TIMESTAMP": "06/25/2020 10:23:45 PDT"}`:                                `unknown member "AT_TIMESTAMP"`,
		`{"at_timestamp": "a", "at_timestamp": "b"}`:                                 "at_timestamp is given twice",
		`{"at_timestamp": 1593105825}`:                                               "at_timestamp is not a string",
		`{"at_timestamp": null}`:                                                     "at_timestamp is not a string",
		`{"at_timestamp": {"a": "b"}}`:                                               "at_timestamp is not a string",
		`{"at_timestamp": "06/25/2020 10:23:45 PDT", "format": null}`:                "format is not a string",
		`{"at_timestamp": "06/25/2020 10:23:45 PDT"`:                                 "not a JSON object",
		`{"at_timestamp": "06/25/2020 10:23:45 PDT"]`:                                "not a JSON object",
		`{at_timestamp: "06/25/2020 10:23:45 PDT"}`:                                  "not a JSON object",
		`{"at_timestamp": "06/25/2020 10:23:45 PDT"} {}`:                             "unexpected text after the JSON object",
		`{"at_timestamp": "06/25/2020 10:23:45 PDT"} x`:                              "unexpected text after the JSON object",
		`{"at_timestamp": "06/25/2020 10:23:45"}`:                                    `does not fit the format "MM/dd/yyyy HH:mm:ss ZZZ"`,
		`{"at_timestamp": "06/25/2020 10:23:45 CST"}`:                                "CST means several zones",
		`{"at_timestamp": "2020-06-25 10:23:45.0"}`:                                  "does not fit",
		`{"at_timestamp": "06/25/20 10:23:45 PDT", "format": "MM/dd/yy HH:mm:ss z"}`: "want yyyy",
		`{"at_timestamp": "", "format": ""}`:                                         "it names no year",
	} {
		got, err := record.ParsePosition(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v, want %s", text, got, err, want)
		}
	}
}

package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"kin/doctor"
)

// Doctor is the output of kin doctor -o json. Checks are in the order in which they were
// made.
type Doctor struct {
	StreamName string        `json:"streamName"`
	StreamARN  string        `json:"streamARN,omitempty"`
	Findings   int           `json:"findings"`
	Checks     []checkReport `json:"checks"`
}

type checkReport struct {
	Check   string        `json:"check"`
	Status  doctor.Status `json:"status"`
	Message string        `json:"message"`
	Advice  string        `json:"advice,omitempty"`
}

// DoctorOf returns the report of an examination.
func DoctorOf(r *doctor.Report) Doctor {
	report := Doctor{StreamName: r.Stream, StreamARN: r.ARN, Findings: r.Findings(), Checks: []checkReport{}}
	for _, c := range r.Checks {
		report.Checks = append(report.Checks, checkReport{c.Name, c.Status, c.Message, c.Advice})
	}
	return report
}

// statusWords are the first words of the lines.
var statusWords = map[doctor.Status]string{doctor.OK: "ok", doctor.Warn: "warn", doctor.Fail: "fail", doctor.Skipped: "skip"}

// DoctorLines returns a line for each check, with the advice at its end.
func DoctorLines(p Palette, r *doctor.Report) string {
	wide := 0
	for _, c := range r.Checks {
		wide = max(wide, len(c.Name))
	}
	var t strings.Builder
	for _, c := range r.Checks {
		word := fmt.Sprintf("%-4s", statusWords[c.Status])
		switch c.Status {
		case doctor.OK:
			word = p.Good.Render(word)
		case doctor.Warn:
			word = p.Passing.Render(word)
		case doctor.Fail:
			word = p.Bad.Render(word)
		case doctor.Skipped:
		}
		line := fmt.Sprintf("%s  %-*s  %s", word, wide, c.Name, c.Message)
		if c.Advice != "" {
			line += "; " + c.Advice
		}
		fmt.Fprintln(&t, line)
	}
	return t.String()
}

// IndentedJSON returns v as JSON on several lines, for people to read and paste.
func IndentedJSON(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.String(), err
}

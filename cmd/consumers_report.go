package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/efo"
)

// reportForm is the value of -o of the commands that print a report; its zero
// value is a table.
type reportForm string

const (
	reportTable reportForm = "table"
	reportJSON  reportForm = "json"
)

func addReportFlag(c *cobra.Command, form *reportForm) {
	c.Flags().SortFlags = false
	c.Flags().VarP(form, "output", "o", "table or json")
	if err := c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{string(reportTable), string(reportJSON)}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // a flag that was not added the line before
	}
}

var _ pflag.Value = (*reportForm)(nil)

func (f *reportForm) Type() string { return "form" }

func (f *reportForm) String() string {
	if *f == "" {
		return string(reportTable)
	}
	return string(*f)
}

func (f *reportForm) Set(s string) error {
	switch v := reportForm(s); v {
	case reportTable, reportJSON:
		*f = v
		return nil
	}
	return fmt.Errorf("want table or json")
}

// consumersReport is what list prints with -o json.
type consumersReport struct {
	StreamName string           `json:"streamName"`
	StreamARN  string           `json:"streamARN"`
	Consumers  []consumerReport `json:"consumers"`
}

// consumerReport is one consumer; only describe tells its stream.
type consumerReport struct {
	Name      string `json:"consumerName"`
	ARN       string `json:"consumerARN"`
	Status    string `json:"consumerStatus"`
	Created   string `json:"consumerCreationTimestamp,omitempty"` // absent when it is not known
	StreamARN string `json:"streamARN,omitempty"`
}

func reportOf(c efo.Consumer) consumerReport {
	r := consumerReport{Name: c.Name, ARN: c.ARN, Status: string(c.Status)}
	if !c.Created.IsZero() {
		r.Created = reportTime(c.Created)
	}
	return r
}

// reportTime is a time as the reports have it: RFC 3339 UTC with milliseconds.
func reportTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// list is the report of a stream's consumers.
func (c *consumersOf) list(form reportForm, consumers []efo.Consumer) (string, error) {
	if form != reportJSON {
		return consumerTable(c.e.palette(), consumers), nil
	}
	r := consumersReport{StreamName: c.name, StreamARN: c.StreamARN(), Consumers: []consumerReport{}}
	for _, one := range consumers {
		r.Consumers = append(r.Consumers, reportOf(one))
	}
	return jsonLine(r)
}

// detail is the report of one consumer.
func (c *consumersOf) detail(form reportForm, one efo.Consumer) (string, error) {
	if form == reportJSON {
		r := reportOf(one)
		r.StreamARN = one.StreamARN
		return jsonLine(r)
	}
	p := c.e.palette()
	var b strings.Builder
	for _, row := range [][2]string{
		{"NAME", one.Name}, {"STATUS", p.status(string(one.Status))}, {"CREATED", tableTime(one.Created)}, {"ARN", one.ARN}, {"STREAM", one.StreamARN},
	} {
		fmt.Fprintf(&b, "%s  %s\n", p.head.Render(fmt.Sprintf("%-7s", row[0])), row[1])
	}
	return b.String(), nil
}

func jsonLine(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b) + "\n", err
}

// tableTime is a time as the tables have it: what RFC 3339 says, with a space
// and without a fraction, which the service does not give.
func tableTime(t time.Time) string {
	if t.IsZero() {
		return "-" // it is not known
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// consumerTable is a table of consumers, empty if there are none: a line each,
// columns aligned, no spaces in the headers. ARNs are left out: they are
// longer than a terminal is wide.
func consumerTable(p palette, consumers []efo.Consumer) string {
	if len(consumers) == 0 {
		return ""
	}
	wide := len("NAME")
	for _, c := range consumers {
		wide = max(wide, len(c.Name))
	}
	var b strings.Builder
	fmt.Fprintln(&b, p.head.Render(fmt.Sprintf("%-*s  %-8s  %s", wide, "NAME", "STATUS", "CREATED")))
	for _, c := range consumers {
		pad := strings.Repeat(" ", max(0, len("DELETING")-len(c.Status)))
		fmt.Fprintf(&b, "%-*s  %s%s  %s\n", wide, c.Name, p.status(string(c.Status)), pad, tableTime(c.Created))
	}
	return b.String()
}

// palette is how a table looks: plain when stdout is not coloured.
type palette struct{ head, good, passing, bad lipgloss.Style }

func (e *env) palette() palette {
	r := lipgloss.NewRenderer(e.Out)
	r.SetColorProfile(termenv.Ascii)
	if e.Colored(e.Out) {
		r.SetColorProfile(termenv.ANSI)
	}
	return palette{
		head:    r.NewStyle().Bold(true),
		good:    r.NewStyle().Foreground(lipgloss.Color("2")),
		passing: r.NewStyle().Foreground(lipgloss.Color("3")),
		bad:     r.NewStyle().Foreground(lipgloss.Color("1")),
	}
}

// status is a status in the colour of whether it lasts.
func (p palette) status(s string) string {
	if s == "ACTIVE" {
		return p.good.Render(s)
	}
	return p.passing.Render(s)
}

// report runs what makes a report and prints that. A closed stdout ends both.
func (e *env) printReport(ctx context.Context, report func(context.Context) (string, error)) error {
	out, ctx, err := e.OpenStdout(ctx, false)
	if err != nil {
		return err
	}
	defer out.Close()
	text, err := report(ctx)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	return out.Flush()
}

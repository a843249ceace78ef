package consumers

import (
	"fmt"
	"strings"

	"kin/cmd/internal/report"
	"kin/efo"
)

// Table returns the report of several consumers of the stream.
func (c *Stream) Table(form report.Form, consumers []efo.Consumer) (string, error) {
	if form != report.JSON {
		return report.ConsumersTable(report.NewPalette(c.e), consumers), nil
	}
	r := report.Consumers{StreamName: c.Name, StreamARN: c.StreamARN(), Consumers: []report.Consumer{}}
	for _, one := range consumers {
		r.Consumers = append(r.Consumers, report.ConsumerOf(one))
	}
	return report.JSONLine(r)
}

// Detail returns the report of one consumer.
func (c *Stream) Detail(form report.Form, one efo.Consumer) (string, error) {
	if form == report.JSON {
		r := report.ConsumerOf(one)
		r.StreamARN = one.StreamARN
		return report.JSONLine(r)
	}
	p := report.NewPalette(c.e)
	var b strings.Builder
	for _, row := range [][2]string{
		{"NAME", one.Name}, {"STATUS", p.Status(string(one.Status))}, {"CREATED", report.TableTime(one.Created)}, {"ARN", one.ARN}, {"STREAM", one.StreamARN},
	} {
		fmt.Fprintf(&b, "%s  %s\n", p.Head.Render(fmt.Sprintf("%-7s", row[0])), row[1])
	}
	return b.String(), nil
}

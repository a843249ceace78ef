package report

import (
	"fmt"
	"strings"

	"kin/efo"
)

// Consumers is the output of kin consumers list -o json.
type Consumers struct {
	StreamName string     `json:"streamName"`
	StreamARN  string     `json:"streamARN"`
	Consumers  []Consumer `json:"consumers"`
}

// Consumer is one consumer. Only kin consumers describe sets StreamARN.
type Consumer struct {
	Name      string `json:"consumerName"`
	ARN       string `json:"consumerARN"`
	Status    string `json:"consumerStatus"`
	Created   string `json:"consumerCreationTimestamp,omitempty"` // absent if the service did not return it
	StreamARN string `json:"streamARN,omitempty"`
}

// ConsumerOf returns the report of one consumer.
func ConsumerOf(c efo.Consumer) Consumer {
	r := Consumer{Name: c.Name, ARN: c.ARN, Status: string(c.Status)}
	if !c.Created.IsZero() {
		r.Created = Time(c.Created)
	}
	return r
}

// ConsumersTable returns a table of consumers, or "" if there are none. Headers have no
// spaces. It has no ARNs: they are wider than a terminal.
func ConsumersTable(p Palette, consumers []efo.Consumer) string {
	if len(consumers) == 0 {
		return ""
	}
	wide := len("NAME")
	for _, c := range consumers {
		wide = max(wide, len(c.Name))
	}
	var b strings.Builder
	fmt.Fprintln(&b, p.Head.Render(fmt.Sprintf("%-*s  %-8s  %s", wide, "NAME", "STATUS", "CREATED")))
	for _, c := range consumers {
		pad := strings.Repeat(" ", max(0, len("DELETING")-len(c.Status)))
		fmt.Fprintf(&b, "%-*s  %s%s  %s\n", wide, c.Name, p.Status(string(c.Status)), pad, TableTime(c.Created))
	}
	return b.String()
}

// Package report formats what the commands print with -o table, json or prometheus, and the
// metrics of a run. It turns the results of the core packages into text, and makes no calls
// of the service.
package report

import (
	"cmp"

	"kin/cmd/internal/console"
)

// Form is the value of -o of most reports. The zero value is a table.
type Form string

// The forms of a report.
const (
	Table Form = "table"
	JSON  Form = "json"
)

// Type implements pflag.Value: it is the placeholder in the help.
func (f *Form) Type() string { return "form" }

func (f *Form) String() string { return string(cmp.Or(*f, Table)) }

// Set implements pflag.Value. Its error lists the accepted values.
func (f *Form) Set(s string) error { return console.Choose(f, s, Table, JSON) }

// LagForm is the value of -o of kin lag. The zero value is a table.
type LagForm string

// The forms of kin lag.
const (
	LagTable      LagForm = "table"
	LagJSON       LagForm = "json"
	LagPrometheus LagForm = "prometheus"
)

// Type implements pflag.Value: it is the placeholder in the help.
func (f *LagForm) Type() string { return "form" }

func (f *LagForm) String() string { return string(cmp.Or(*f, LagTable)) }

// Set implements pflag.Value. Its error lists the accepted values.
func (f *LagForm) Set(s string) error { return console.Choose(f, s, LagTable, LagJSON, LagPrometheus) }

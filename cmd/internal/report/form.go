package report

import (
	"fmt"

	"github.com/spf13/cobra"
)

// Form is the value of -o of the commands that print a report; its zero
// value is a table.
type Form string

const (
	Table Form = "table"
	JSON  Form = "json"
)

func AddFlag(c *cobra.Command, form *Form) {
	c.Flags().SortFlags = false
	c.Flags().VarP(form, "output", "o", "table or json")
	if err := c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{string(Table), string(JSON)}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // a flag that was not added the line before
	}
}

func (f *Form) Type() string { return "form" }

func (f *Form) String() string {
	if *f == "" {
		return string(Table)
	}
	return string(*f)
}

func (f *Form) Set(s string) error {
	switch v := Form(s); v {
	case Table, JSON:
		*f = v
		return nil
	}
	return fmt.Errorf("want table or json")
}

// LagForm is the value of -o of lag; its zero value is a table.
type LagForm string

const (
	LagTable      LagForm = "table"
	LagJSON       LagForm = "json"
	LagPrometheus LagForm = "prometheus"
)

func (f *LagForm) Type() string { return "form" }

func (f *LagForm) String() string {
	if *f == "" {
		return string(LagTable)
	}
	return string(*f)
}

func (f *LagForm) Set(s string) error {
	switch v := LagForm(s); v {
	case LagTable, LagJSON, LagPrometheus:
		*f = v
		return nil
	}
	return fmt.Errorf("want table, json or prometheus")
}

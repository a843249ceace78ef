package cmd

import (
	"kin/cmd/internal/report"
	"kin/reader"
)

func (o *lagOptions) isTable() bool { return o.output == "" || o.output == report.LagTable }

// report is one look as it is printed.
func (o *lagOptions) report(p report.Palette, look reader.Look) (string, error) {
	switch o.output {
	case report.LagJSON:
		return report.LagLine(look)
	case report.LagPrometheus:
		return report.LagMetrics(look)
	}
	return report.LagTables(p, look), nil
}

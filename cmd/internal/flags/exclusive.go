package flags

import (
	"slices"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
)

// exclusive are mutually exclusive flags. If one is set, the others are ignored when they
// come from a source of lower priority.
type exclusive struct {
	names []string
	// refused means that two of them from one source are an error here. Otherwise the code
	// that uses them checks that.
	refused bool
	message string // of the error; empty: the default text
}

var exclusives = []exclusive{
	{names: []string{"initial-position", "from"}, refused: true, message: "--from and --initial-position are the same flag: want one of them"},
	{names: []string{"verbose", "quiet"}, refused: true, message: "-v and -q contradict each other: want one of them"},
	{names: []string{"available-now", "to"}}, // both apply if one source sets both
	{names: []string{"no-deaggregate", "hash-filter", "no-hash-filter"}},
	{names: []string{"consumer-mode", "efo"}},
	{names: []string{"consumer-name", "registered-consumer-id"}},
	{names: []string{"partition-key", "key-field", "key-jq", "key-delimiter"}, refused: true},
	{names: []string{"explicit-hash-key", "shard"}, refused: true},
	{names: []string{"delimiter", "null"}, refused: true},
	{names: []string{"yes", "dry-run"}, refused: true},
	{names: []string{"policy", "need"}, refused: true},
}

// overridden has the flags that a flag replaces, for any value or for the given one. They
// are ignored when they come from a source of lower priority.
var overridden = map[string][]string{
	"low-latency":            {"min-fetch-period", "max-fetch-rate", "max-fetch-duration"},
	"profile":                {"aws-access-key", "aws-secret-key", "aws-session-token"},
	"efo=false":              {"consumer-mode"},
	"registered-consumer-id": {"require-consumer-deregistration"},
	"input=lines":            {"delimiter", "null", "pace"},
	"input=records": {"delimiter", "null", "chomp", "partition-key", "key-field", "key-jq", "key-delimiter",
		"explicit-hash-key", "shard"},
	"input=json": {"delimiter", "null", "chomp", "key-delimiter", "pace"},
	"input=csv":  {"delimiter", "null", "chomp", "key-delimiter", "pace"},
	"input=raw":  {"chomp", "pace"},
	"delimiter":  {"input", "chomp", "pace"},
	"null":       {"input", "chomp", "pace"},
	"dry-run":    {"report", "pace", "failed"},
}

// CheckExclusive returns a *console.UsageError if two mutually exclusive flags are set.
func CheckExclusive(set *pflag.FlagSet) error {
	for _, c := range exclusives {
		var given []string
		for _, name := range c.names {
			if f := set.Lookup(name); f != nil && f.Changed && isOn(f.Value) {
				given = append(given, name)
			}
		}
		switch {
		case !c.refused || len(given) < 2:
		case c.message != "":
			return console.Usage("%s", c.message)
		default:
			return console.Usage("--%s and --%s contradict each other: want one of them", given[0], given[1])
		}
	}
	return nil
}

// isOn reports whether a flag that was set has an effect: every value except false.
func isOn(v pflag.Value) bool { return v.Type() != "bool" || v.String() != "false" }

// MarkSet marks a flag as set, and every flag that it excludes or replaces. Callers pass
// the flags of all sources in the order of priority, and ignore marked flags.
func MarkSet(marked map[string]bool, name string, value pflag.Value) {
	marked[name] = true
	for _, other := range overridden[name+"="+value.String()] {
		marked[other] = true
	}
	if !isOn(value) {
		return
	}
	for _, c := range exclusives {
		if slices.Contains(c.names, name) {
			for _, other := range c.names {
				marked[other] = true
			}
		}
	}
	for _, other := range overridden[name] {
		marked[other] = true
	}
}

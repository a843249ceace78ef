package flags

import (
	"slices"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
)

// choice is flags of which one is chosen. One that is given hides what a lower
// source, a variable or a file, says of another; two that are given in one source
// are refused.
type choice struct {
	names []string
	// refused says that two of them are refused here; where it is false, whoever
	// reads them knows when they contradict each other.
	refused bool
	message string // the refusal; empty: the usual one
}

var choices = []choice{
	{names: []string{"initial-position", "from"}, refused: true, message: "--from and --initial-position are the same flag: want one of them"},
	{names: []string{"verbose", "quiet"}, refused: true, message: "-v and -q contradict each other: want one of them"},
	{names: []string{"available-now", "to"}}, // both hold
	{names: []string{"no-deaggregate", "hash-filter", "no-hash-filter"}},
	{names: []string{"consumer-mode", "efo"}},
	{names: []string{"consumer-name", "registered-consumer-id"}},
	{names: []string{"partition-key", "key-field", "key-jq", "key-delimiter"}, refused: true},
	{names: []string{"explicit-hash-key", "shard"}, refused: true},
	{names: []string{"delimiter", "null"}, refused: true},
	{names: []string{"yes", "dry-run"}, refused: true},
	{names: []string{"policy", "need"}, refused: true},
}

// replaced are flags that take the place of others, with any value or with the
// one given: they hide what a lower source says of those.
var replaced = map[string][]string{
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

// CheckExclusive refuses two flags of one choice.
func CheckExclusive(set *pflag.FlagSet) error {
	for _, c := range choices {
		var given []string
		for _, name := range c.names {
			if f := set.Lookup(name); f != nil && f.Changed && isChosen(f.Value) {
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

// isChosen says whether a flag that was given chooses anything: a bool that is false
// does not.
func isChosen(v pflag.Value) bool { return v.Type() != "bool" || v.String() != "false" }

// Hide notes that a flag is decided, and with it what it is an alternative to.
func Hide(hidden map[string]bool, name string, value pflag.Value) {
	hidden[name] = true
	for _, other := range replaced[name+"="+value.String()] {
		hidden[other] = true
	}
	if !isChosen(value) {
		return
	}
	for _, c := range choices {
		if slices.Contains(c.names, name) {
			for _, other := range c.names {
				hidden[other] = true
			}
		}
	}
	for _, other := range replaced[name] {
		hidden[other] = true
	}
}

package cmd

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/settings"
)

// An empty value usually comes from a shell variable that is not set. If a flag accepted
// it, a run could use other credentials, or move all streams instead of one.
func TestNoFlagAcceptsAnEmptyValue(t *testing.T) {
	exempt := []string{
		"consumer-name-prefix",              // an empty prefix is valid
		"partition-key", "key-field", "key", // checked later, with the other rules for keys
	}
	seen := 0
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		check := func(f *pflag.Flag) {
			if slices.Contains(exempt, f.Name) || slices.Contains(settings.WithoutSettings, c.Name()) {
				return
			}
			seen++
			if err := f.Value.Set(""); err == nil {
				t.Errorf("%s: --%s accepts an empty value", c.CommandPath(), f.Name)
			}
		}
		c.LocalFlags().VisitAll(check)
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(Manual())
	if seen < 100 {
		t.Errorf("only %d flags were checked", seen)
	}
}

func TestTextsSplitsAtCommas(t *testing.T) {
	v := flags.Texts{Kind: "a stream", Commas: true}
	for _, s := range []string{"a,b", "c"} {
		if err := v.Set(s); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(v.List, want) {
		t.Errorf("%q, want %q", v.List, want)
	}
	for _, s := range []string{"", " ", ",", "d,,e", "d,"} {
		if err := v.Set(s); err == nil || err.Error() != "want a stream" {
			t.Errorf("%q: %v", s, err)
		}
	}
	whole := flags.Texts{Kind: "a shard"}
	if err := whole.Set("a,b"); err != nil || !slices.Equal(whole.List, []string{"a,b"}) {
		t.Errorf("%q, %v", whole.List, err)
	}
}

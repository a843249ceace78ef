package cmd

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kin/cmd/internal/flags"
	"kin/cmd/internal/settings"
)

// An empty value is a shell's variable that was not set: with a flag that takes
// it for no flag at all, a run would read under another identity, or move all
// streams in place of one.
func TestNoFlagTakesAnEmptyValue(t *testing.T) {
	exempt := []string{
		"consumer-name-prefix",              // no prefix is one
		"partition-key", "key-field", "key", // refused with what else is wrong about keys
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
				t.Errorf("%s: --%s takes an empty value", c.CommandPath(), f.Name)
			}
		}
		c.LocalFlags().VisitAll(check)
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(Manual())
	if seen < 100 {
		t.Errorf("%d flags: the walk has missed some", seen)
	}
}

func TestLists(t *testing.T) {
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

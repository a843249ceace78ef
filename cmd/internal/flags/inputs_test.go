package flags

import (
	"strings"
	"testing"
)

func TestDelimiterUnescapesBackslashes(t *testing.T) {
	for in, want := range map[string]string{
		`,`: ",", `\n--\n`: "\n--\n", `\0`: "\x00", `\x1e\t`: "\x1e\t", `a\\n`: `a\n`, `\r`: "\r", `é`: "é",
	} {
		var v Delimiter
		if err := v.Set(in); err != nil || string(v) != want {
			t.Errorf("%s: got %q, %v, want %q", in, string(v), err, want)
		}
	}
	for _, in := range []string{``, `\`, `\q`, `\x`, `\x1`, `\xzz`} {
		var v Delimiter
		if err := v.Set(in); err == nil {
			t.Errorf("%q was accepted as %q", in, string(v))
		}
	}
}

// An escaped text unescapes to itself, and a text without a backslash stays unchanged.
func FuzzDelimiter(f *testing.F) {
	f.Add("a\\b\n\x00")
	f.Add(",")
	f.Fuzz(func(t *testing.T, want string) {
		escaped := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "\x00", `\0`, "\x1e", `\x1e`).Replace(want)
		if got, err := unescape(escaped); err != nil || got != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
		if got, err := unescape(want); !strings.Contains(want, `\`) && (err != nil || got != want) {
			t.Fatalf("got %q, %v, want it unchanged: %q", got, err, want)
		}
	})
}

func TestExplicitHashKeysAreDecimalNumbers(t *testing.T) {
	for in, want := range map[string]string{"0": "0", "007": "7", "340282366920938463463374607431768211455": "340282366920938463463374607431768211455"} {
		var v HashKey
		if err := v.Set(in); err != nil || string(v) != want {
			t.Errorf("%s: got %q, %v, want %q", in, string(v), err, want)
		}
	}
	for _, in := range []string{"", "-1", "+1", "1e3", "0x10", "340282366920938463463374607431768211456", "1_000"} {
		var v HashKey
		if err := v.Set(in); err == nil {
			t.Errorf("%q was accepted as %q", in, string(v))
		}
	}
}

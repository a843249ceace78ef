package console

import "testing"

func TestChooseAcceptsOnlyListedValues(t *testing.T) {
	type mode string
	v := mode("a")
	if err := Choose(&v, "b", "a", "b", "c"); err != nil || v != "b" {
		t.Errorf("%q, %v", v, err)
	}
	for _, s := range []string{"", "B", "b ", "d"} {
		if err := Choose(&v, s, "a", "b", "c"); err == nil || err.Error() != "want a, b or c" || v != "b" {
			t.Errorf("%q: %q, %v", s, v, err)
		}
	}
	if err := Choose(&v, "x", "a", "b"); err == nil || err.Error() != "want a or b" {
		t.Errorf("%v", err)
	}
}

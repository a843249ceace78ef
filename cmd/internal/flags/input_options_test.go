package flags

import (
	"strings"
	"testing"
)

func TestPartitionKeyLengthCountsCharacters(t *testing.T) {
	for key, want := range map[string]bool{
		"": false, "k": true, strings.Repeat("é", 256): true, strings.Repeat("😀", 256): true, strings.Repeat("é", 257): false, "\xff": false,
	} {
		if got := IsKey(key); got != want {
			t.Errorf("%d bytes: got %v, want %v", len(key), got, want)
		}
	}
}

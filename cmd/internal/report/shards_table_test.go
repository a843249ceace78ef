package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/charmbracelet/lipgloss"

	"kin/internal/kinesistest/families"
	"kin/internal/lineage"
	"kin/survey"
)

// generations is a stream that was split n-1 times in a chain. Each generation is drawn
// further to the right.
func generations(n int) *survey.Stream {
	whole := &types.HashKeyRange{StartingHashKey: aws.String("0"), EndingHashKey: aws.String("340282366920938463463374607431768211455")}
	shards := lineage.NewTree()
	for i := range n {
		numbers := &types.SequenceNumberRange{StartingSequenceNumber: aws.String(strings.Repeat("1", 56))}
		if i < n-1 {
			numbers.EndingSequenceNumber = aws.String(strings.Repeat("2", 56))
		}
		shard := types.Shard{ShardId: aws.String(families.ShardName(i)), HashKeyRange: whole, SequenceNumberRange: numbers}
		if i > 0 {
			shard.ParentShardId = aws.String(families.ShardName(i - 1))
		}
		shards.Add([]types.Shard{shard})
	}
	return &survey.Stream{Given: "orders", Shards: shards}
}

func TestShardsTableIsNoWiderThanTheTerminal(t *testing.T) {
	for _, width := range []int{80, 100, 200, 300} {
		for _, n := range []int{1, 2, 5, 12, 40} {
			lines := strings.Split(strings.TrimSuffix(ShardsTable(Palette{}, width, generations(n)), "\n"), "\n")
			if len(lines) != n+1 {
				t.Fatalf("%d generations: %d lines", n, len(lines))
			}
			for i, line := range lines {
				if w := lipgloss.Width(line); w > width {
					t.Errorf("%d generations at %d columns, line %d has %d: %s", n, width, i, w, line)
				}
			}
			last := lines[n]
			if !strings.Contains(last, fmt.Sprintf("shardId-%012d  OPEN    100.00%%    0.00%%", n-1)) {
				t.Errorf("%d generations at %d columns: %s", n, width, last)
			}
		}
	}
	if wide := ShardsTable(Palette{}, 200, generations(1)); !strings.Contains(wide, strings.Repeat("1", 56)) {
		t.Errorf("whole sequence numbers fit, but: %s", wide)
	}
}

func TestPrintableQuotesControlCharacters(t *testing.T) {
	for key, want := range map[string]string{
		"ada": "ada", "grüße": "grüße", "two words": "two words",
		"\x1b[2J": `"\x1b[2J"`, "a\nb": `"a\nb"`, "\u202eevil": `"\u202eevil"`, "bad\xff": `"bad\xff"`,
	} {
		if got := Printable(key); got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
}

func TestKeysAreCutToTheWidth(t *testing.T) {
	keys := []survey.HotKey{{PartitionKey: strings.Repeat("customer-", 20), Share: 0.5}, {PartitionKey: "日本語日本語日本語日本語", Share: 0.25}, {PartitionKey: "c", Share: 0.1}}
	for _, width := range []int{6, 10, 20, 28, 40, 60, 100} {
		if text := keysText(keys, width); lipgloss.Width(text) > width {
			t.Errorf("%d columns: %q", width, text)
		}
	}
	got, want := keysText(keys, 100), []string{"customer-custom… 50%", "日本語日本語日… 25%", "c 10%"}
	if !slices.Equal(strings.Split(got, ", "), want) {
		t.Errorf("%q, want %q", got, want)
	}
}

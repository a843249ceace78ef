package reader

import "fmt"

// counted is a number of things, as "1 shard" and "2 shards".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

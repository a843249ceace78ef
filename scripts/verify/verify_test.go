package main

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Two parents with half of the key space each, and the children of the first.
const shardList = `{"Shards":[
{"ShardId":"shardId-000000000000","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"170141183460469231731687303715884105727"}},
{"ShardId":"shardId-000000000001","HashKeyRange":{"StartingHashKey":"170141183460469231731687303715884105728","EndingHashKey":"340282366920938463463374607431768211455"}},
{"ShardId":"shardId-000000000002","ParentShardId":"shardId-000000000000","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"99"}},
{"ShardId":"shardId-000000000003","ParentShardId":"shardId-000000000000","HashKeyRange":{"StartingHashKey":"100","EndingHashKey":"170141183460469231731687303715884105727"}}
]}`

func line(shard string, seq int, key, payload string) string {
	return fmt.Sprintf(`{"stream":"s","shardId":"%s","sequenceNumber":"49%019d","partitionKey":"%s","approximateArrivalTimestamp":"2026-11-22T10:00:00.123Z","dataEncoding":"base64","data":"%s"}`,
		shard, seq, key, base64.StdEncoding.EncodeToString([]byte(payload)))
}

// keyIn returns a partition key whose hash is in the upper or lower half.
func keyIn(upper bool) string {
	for i := 0; ; i++ {
		key := fmt.Sprint("key", i)
		sum := md5.Sum([]byte(key))
		if (new(big.Int).SetBytes(sum[:]).Bit(127) == 1) == upper {
			return key
		}
	}
}

func TestFaultsOfTheOutputAreFound(t *testing.T) {
	low, high := keyIn(false), keyIn(true)
	first := `{"key":"` + low + `","n":1}`
	second := `{"key":"` + low + `","n":2}`
	third := `{"key":"` + low + `","n":3}`
	other := `{"key":"` + high + `","n":1}`
	parent, child, neighbour := "shardId-000000000000", "shardId-000000000003", "shardId-000000000001"
	good := []string{line(parent, 1, low, first), line(parent, 2, low, second), line(neighbour, 1, high, other), line(child, 3, low, third)}
	with := func(i int, replacement ...string) []string {
		changed := append([]string{}, good[:i]...)
		return append(append(changed, replacement...), good[i+1:]...)
	}
	for name, tt := range map[string]struct {
		output []string
		want   [kinds]int
	}{
		"nothing":                      {good, [kinds]int{}},
		"a record missing":             {with(2), [kinds]int{missing: 1}},
		"a record twice":               {with(2, good[2], line(neighbour, 2, high, other)), [kinds]int{surplus: 1}},
		"a foreign record":             {append(with(3, good[3]), line(neighbour, 9, high, "x")), [kinds]int{surplus: 1}},
		"a byte changed":               {with(2, line(neighbour, 1, high, other+" ")), [kinds]int{surplus: 1, missing: 1}},
		"a shard out of order":         {with(0, line(parent, 7, low, first)), [kinds]int{disorder: 1}},
		"a key out of order":           {with(0, line(parent, 1, low, second), line(parent, 2, low, first), good[2], good[3])[:4], [kinds]int{disorder: 3}},
		"a parent after its child":     {[]string{good[3], good[0], good[1], good[2]}, [kinds]int{disorder: 2 + 2}},
		"a key of another shard":       {with(2, line(neighbour, 1, low, other)), [kinds]int{malformed: 2}},
		"an unknown shard":             {with(2, line("shardId-000000000007", 1, high, other)), [kinds]int{malformed: 1}},
		"a torn line":                  {with(2, good[2][:40]), [kinds]int{malformed: 1, missing: 1}},
		"another stream":               {with(2, strings.Replace(good[2], `"s"`, `"t"`, 1)), [kinds]int{malformed: 1, missing: 1}},
		"members in another order":     {with(2, "{"+strings.TrimPrefix(strings.TrimSuffix(good[2], "}"), `{"stream":"s",`)+`,"stream":"s"}`), [kinds]int{malformed: 1, missing: 1}},
		"an unknown member":            {with(2, strings.Replace(good[2], `{`, `{"x":1,`, 1)), [kinds]int{malformed: 1, missing: 1}},
		"a payload that is not base64": {with(2, strings.Replace(good[2], `"data":"`, `"data":"*`, 1)), [kinds]int{malformed: 1, missing: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name string, lines ...string) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			v, err := newVerifier(write("input", first, second, third, other), "s", write("shards", shardList), true, "base64")
			if err != nil {
				t.Fatal(err)
			}
			if err := v.outputs([]string{write("output", tt.output...)}); err != nil {
				t.Fatal(err)
			}
			if v.count != tt.want {
				t.Errorf("missing, surplus, disorder, malformed = %v, want %v\n%s", v.count, tt.want, strings.Join(v.findings, "\n"))
			}
			if got, want := v.report(), tt.want == [kinds]int{}; got != want {
				t.Errorf("report returned %v, want %v", got, want)
			}
		})
	}
}

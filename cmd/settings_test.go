package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"kin/cmd/internal/console"
	"kin/cmd/internal/settings"
)

// apply parses args and then applies a configuration file and variables. It returns the
// flags that are set, sorted.
func apply(t *testing.T, file string, variables map[string]string, args ...string) (string, error) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", folder)
	for name, value := range variables {
		t.Setenv(name, value)
	}
	if err := os.MkdirAll(filepath.Join(folder, "kin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "kin", "config.toml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	e := newEnv(console.Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}})
	root := newRoot(e)
	c, rest, err := root.Find(args)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	err = e.origins.Apply(c)
	var set []string
	c.Flags().Visit(func(f *pflag.Flag) { set = append(set, f.Name+"="+f.Value.String()) })
	var bad *console.UsageError
	if errors.As(err, &bad) {
		err = errors.New(strings.ReplaceAll(bad.Message, folder, "") + "; " + bad.Hint)
	}
	slices.Sort(set)
	return strings.Join(set, " "), err
}

func TestPriorityOfSettings(t *testing.T) {
	for _, c := range []struct {
		name      string
		file      string
		variables map[string]string
		args      string
		want      string
	}{
		{"nothing", "", nil, "read", ""},
		{"the file", `max-fetch-rate = 1.5`, nil, "read", "max-fetch-rate=1.5"},
		{"the command's table before the top level", "limit = 1\n[read]\nlimit = 2\n[tail]\nlimit = 3", nil, "read", "limit=2"},
		{"a table in one line", "read = { limit = 2 }\ntail.limit = 3", nil, "tail", "limit=3"},
		{"the variable before the file", "[read]\nlimit = 2", map[string]string{"KIN_LIMIT": "4"}, "read", "limit=4"},
		{"the flag before all", "[read]\nlimit = 2", map[string]string{"KIN_LIMIT": "4"}, "read --limit 5", "limit=5"},
		{"an empty variable of a text", "region = \"r\"\nrole-arn = \"a\"", map[string]string{"KIN_REGION": "", "KIN_ROLE_ARN": ""}, "read", ""},
		{"an empty variable", "[read]\nlimit = 2", map[string]string{"KIN_LIMIT": ""}, "read", ""},
		{"flags of every command", "[read]\nverbose = true", map[string]string{"KIN_REGION": "eu-west-1"}, "read", "region=eu-west-1 verbose=true"},
		{"one flag, two names", `initial-position = "earliest"`, nil, "read --from latest", "from=latest"},
		{"one flag, two names, in variables", `initial-position = "earliest"`, map[string]string{"KIN_FROM": "trim_horizon"}, "read", "from=trim_horizon"},
		{"-q overrides a lower verbose", `verbose = true`, nil, "read -q", "quiet=true"},
		{"-q=false does not", `verbose = true`, nil, "read -q=false", "quiet=false verbose=true"},
		{"--key-field overrides a lower key", `partition-key = "k"`, nil, "write --key-field /a", "key-field=/a"},
		{"--low-latency overrides what it sets", "min-fetch-period = \"1s\"\nlimit = 2", nil, "read --low-latency", "limit=2 low-latency=true"},
		{"but not the other way round", "low-latency = true", nil, "read --min-fetch-period 1s", "low-latency=true min-fetch-period=1s"},
		{"a profile overrides lower keys", "aws-access-key = \"a\"\naws-secret-key = \"b\"", nil, "read --profile p", "profile=p"},
		{"--input records overrides a lower key", `partition-key = "k"`, nil, "write --input records", "input=records"},
		{"--to overrides a lower --available-now", "[read]\navailable-now = true", nil, "read --to 1s", "to=1s"},
		{"and the other way round", "", map[string]string{"KIN_TO": "1h"}, "read --available-now", "available-now=true"},
		{"a bound of another kind does not", "available-now = true", nil, "read --limit 1", "available-now=true limit=1"},
		{"--consumer-mode overrides a lower --efo", "efo = true", nil, "read --consumer-mode polling", "consumer-mode=polling"},
		{"and the other way round", "consumer-mode = \"polling\"", nil, "read --efo", "efo=true"},
		{"--efo=false is a mode", "consumer-mode = \"efo\"", nil, "read --efo=false", "efo=false"},
		{"one consumer, two ways to name it", "consumer-name = \"c\"\nrequire-consumer-deregistration = true", nil, "read --registered-consumer-id i", "registered-consumer-id=i"},
		{"and the other way round", "registered-consumer-id = \"i\"", nil, "read --consumer-name c", "consumer-name=c"},
		{"a key out of the payload overrides a lower key", "partition-key = \"k\"\nkey-delimiter = \":\"", nil, "write --key-jq .a", "key-jq=.a"},
		{"and the other way round", "key-jq = \".a\"\nkey-field = \"/a\"", nil, "write --key-delimiter :", "key-delimiter=:"},
		{"--shard overrides a lower hash key", "explicit-hash-key = 7", nil, "write --shard s", "shard=s"},
		{"and the other way round", "[write]\nshard = \"s\"", nil, "write --explicit-hash-key 7", "explicit-hash-key=7"},
		{"--null overrides what it excludes", "delimiter = \",\"\ninput = \"lines\"\nchomp = true\npace = \"1x\"", nil, "write --null", "null=true"},
		{"--delimiter too", "null = true\ninput = \"lines\"\nchomp = true\npace = \"1x\"", nil, "write --delimiter ,", "delimiter=,"},
		{"--input csv overrides what is for lines", "chomp = true\nnull = true\nkey-delimiter = \":\"\npace = \"1x\"", nil, "write --input csv", "input=csv"},
		{"--input json too", "chomp = true\nnull = true\nkey-delimiter = \":\"\npace = \"1x\"", nil, "write --input json", "input=json"},
		{"--input raw too", "chomp = true\nnull = true\nkey-delimiter = \":\"\npace = \"1x\"", nil, "write --input raw", "input=raw key-delimiter=: null=true"},
		{"--input records overrides all about keys", "chomp = true\nnull = true\nkey-delimiter = \":\"\nexplicit-hash-key = 7\npace = \"1x\"", nil, "write --input records", "input=records pace=1x"},
		{"--input lines overrides what is not for lines", "chomp = true\nnull = true\npace = \"1x\"", nil, "write --input lines", "chomp=true input=lines"},
		{"--dry-run overrides what it does not use", "report = true\nfailed = \"f\"\npace = \"1x\"", nil, "write --dry-run", "dry-run=true"},
		{"--dry-run overrides a lower --yes", "yes = true", nil, "checkpoint reset --dry-run", "dry-run=true"},
		{"--input lines does not override a key", `partition-key = "k"`, nil, "write --input lines", "input=lines partition-key=k"},
		{"flags of other commands", "limit = 2\n[read]\nlimit = 3\n[local]\nlimits = \"off\"", map[string]string{"KIN_DATA": "text"}, "write", ""},
		{"flags that the command refuses", "profile = \"p\"\nendpoint = \"http://x\"", map[string]string{"KIN_REGION": "r"}, "local", "region=r"},
		{"several", "[local]\nstream = [\"a:2\", \"b\"]", nil, "local", "stream=a:2 b:1"},
		{"several in a variable", "[local]\nstream = [\"a:2\", \"b\"]", map[string]string{"KIN_STREAM": "c\nd:3\n"}, "local", "stream=c:1 d:3"},
		{"several shards in a variable", "", map[string]string{"KIN_SHARD": "a\nb"}, "read", "shard=a,b"},
		{"a flag that is repeatable in another command", `shard = ["a"]`, nil, "write", "shard=a"},
		{"several keys in a variable", "", map[string]string{"KIN_KEY": "a\nb,c"}, "shards", `key=[a,"b,c"]`},
		{"several on the command line", "[local]\nstream = [\"a:2\", \"b\"]", nil, "local --stream e", "stream=e:1"},
		{"TOML's own types", "limit = 1_000\nmax-fetch-rate = 2\navailable-now = true\nfrom = 2026-11-22T10:00:00+02:00", nil, "read",
			"available-now=true from=2026-11-22T08:00:00Z limit=1000 max-fetch-rate=2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := apply(t, c.file, c.variables, strings.Fields(c.args)...)
			if err != nil || got != c.want {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestInvalidSettingsAreRefused(t *testing.T) {
	const at = "/kin/config.toml:"
	for _, c := range []struct {
		file      string
		variables map[string]string
		want      string
	}{
		{"\nlimti = 2", nil, at + "2: unknown key limti; did you mean limit?"},
		{"\n\nlow_latency = true", nil, at + "3: unknown key low_latency; did you mean low-latency?"},
		{"version = 1", nil, at + "1: unknown key version; "},
		{"help = true", nil, at + "1: unknown key help; "},
		{"[read]\nlinger = \"1s\"", nil, at + "2: unknown key in [read], linger; "},
		{"[write]\nlimit = 2", nil, at + "2: unknown key in [write], limit; "},
		{"[version]\nlimit = 2", nil, at + "1: unknown table [version]; "},
		{"[read.more]\nlimit = 2", nil, at + "1: unknown table [read.more]; "},
		{"read = 2", nil, at + "1: unknown key read; "},
		{"b = 1\na = 2\n[zz]", nil, at + "1: unknown key b; "},
		{"write = { lingr = \"1s\" }", nil, at + "1: unknown key in [write], lingr; did you mean linger?"},
		{"limit = [2]", nil, at + "1: limit: want one value, not a list; "},
		{"[local]\nstream = [[\"a\"]]", nil, at + "2: stream: want a string, a number, true or false; "},
		{"limit = 2\n\nlimit = 3", nil, at + "3: key limit is already defined; "},
		{"limit = \"many\"", nil, at + "1: limit = many: want a number"},
		{"available-now = \"perhaps\"", nil, at + "1: available-now = perhaps: want true or false; "},
		{"region = \"\"", nil, at + "1: region = : want a region such as us-east-1; "},
		{"shard = [\"\"]", nil, at + "1: shard = : want the ID of a shard, such as shardId-000000000000; "},
		{"", map[string]string{"KIN_LIMTI": "2"}, "unknown variable KIN_LIMTI; did you mean KIN_LIMIT?"},
		{"", map[string]string{"KIN_limit": "2"}, "unknown variable KIN_limit; did you mean KIN_LIMIT?"},
		{"", map[string]string{"KIN_": ""}, "unknown variable KIN_; "},
		{"", map[string]string{"KIN_LIMIT": "many"}, "KIN_LIMIT=many: want a number"},
		{"limit = 2", map[string]string{"KIN_LIMIT": "many"}, "KIN_LIMIT=many: want a number"},
	} {
		t.Run(c.file+fmt.Sprint(c.variables), func(t *testing.T) {
			got, err := apply(t, c.file, c.variables, "read")
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s, %v, want %s", got, err, c.want)
			}
		})
	}
}

func TestMissingAndUnreadableConfigurationFiles(t *testing.T) {
	root := Manual()
	if got, err := settings.ReadFile(filepath.Join(t.TempDir(), "config.toml"), root); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := settings.ReadFile("", root); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	var bad *console.UsageError
	if _, err := settings.ReadFile(t.TempDir(), root); !errors.As(err, &bad) {
		t.Errorf("a folder: %v", err)
	}
	tables, err := settings.Parse("x", []byte("\n\n[read]\nlimit = 1\n[tail]\nlimit = 2\n"), root)
	if err != nil {
		t.Fatal(err)
	}
	origins := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		for _, s := range tables[name] {
			origins[name] = s.Origin
		}
	}
	if want := map[string]string{"read": "x:4", "tail": "x:6"}; !maps.Equal(origins, want) {
		t.Errorf("%v, want %v", origins, want)
	}
}

// Every flag has its own variable.
func TestEveryFlagHasItsOwnVariable(t *testing.T) {
	seen := map[string]string{}
	for name := range settings.SettableFlags(Manual(), nil) {
		v := settings.VariableOf(name)
		if other, twice := seen[v]; twice {
			t.Errorf("%s is the variable of --%s and --%s", v, name, other)
		}
		seen[v] = name
	}
	if seen["KIN_MAX_FETCH_RATE"] != "max-fetch-rate" || len(seen) < 30 {
		t.Errorf("%v", seen)
	}
}

func FuzzConfigFile(f *testing.F) {
	for _, s := range []string{"limit = 3\n[read]\nlimit = 4", "read = { limit = 2 }", "local.stream = [\"a\"]", "[[read]]\nlimit = 1", "\"lim\\u0069t\" = 1"} {
		f.Add(s)
	}
	root := Manual()
	f.Fuzz(func(t *testing.T, s string) {
		tables, err := settings.Parse("x", []byte(s), root)
		var bad *console.UsageError
		if err != nil && !errors.As(err, &bad) {
			t.Errorf("%q: %v is no usage error", s, err)
		}
		if err != nil {
			return
		}
		for name, table := range tables {
			for key := range table {
				if settings.SettableFlags(root, settings.SettableCommands(root)[name])[key] == nil {
					t.Errorf("%q: [%s] has %s", s, name, key)
				}
			}
		}
	})
}

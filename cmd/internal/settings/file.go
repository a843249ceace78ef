package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
	"github.com/spf13/cobra"

	"kin/cmd/internal/console"
	"kin/cmd/internal/flags"
)

// configPath returns the path of the configuration file: kin/config.toml in
// XDG_CONFIG_HOME, or in the system's folder for configuration. It is empty if there is
// neither.
func configPath() string {
	folder := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(folder) { // the XDG specification ignores a relative path
		var err error
		if folder, err = os.UserConfigDir(); err != nil {
			return ""
		}
	}
	return filepath.Join(folder, "kin", "config.toml")
}

// ReadFile returns the settings of each table by its name; the top level has the name "".
// It checks the whole file, including the tables of other commands. A file that does not
// exist, and an empty path, give no settings.
func ReadFile(path string, root *cobra.Command) (map[string]Layer, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the user's own file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, console.Usage("read %s: %s", path, err)
	}
	return Parse(path, bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), root)
}

// Parse returns the settings of each table of a file, and checks the whole file. path is
// for messages.
func Parse(path string, text []byte, root *cobra.Command) (map[string]Layer, error) {
	var members map[string]any
	if err := toml.Unmarshal(text, &members); err != nil {
		var bad *toml.DecodeError
		if !errors.As(err, &bad) {
			return nil, console.Usage("%s: %s", path, err)
		}
		line, _ := bad.Position()
		return nil, console.Usage("%s:%d: %s", path, line, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	f := configFile{path: path, lines: keyLines(text), root: root, commands: SettableCommands(root), tables: map[string]Layer{}}
	return f.tables, f.table("", members)
}

// configFile is the state of Parse.
type configFile struct {
	path     string
	lines    map[string]int // by key, with dots
	root     *cobra.Command
	commands map[string]*cobra.Command
	tables   map[string]Layer
}

// table checks and stores a table and the tables in it.
func (f *configFile) table(name string, members map[string]any) error {
	settable := SettableFlags(f.root, f.commands[name])
	found := Layer{}
	f.tables[name] = found
	for _, key := range f.inOrder(name, members) {
		full := joined(name, key)
		location := fmt.Sprintf("%s:%d", f.path, f.line(full))
		inner, isTable := members[key].(map[string]any)
		switch {
		case isTable && f.commands[full] != nil:
			if err := f.table(full, inner); err != nil {
				return err
			}
			continue
		case isTable:
			return prefixed(location, unknownSetting("table", "["+full+"]", bracketed(f.commands)))
		case settable[key] == nil:
			where := "key"
			if name != "" {
				where = "key in [" + name + "],"
			}
			return prefixed(location, unknownSetting(where, key, names(settable)))
		}
		values, err := flagValues(members[key], flags.Repeatable(settable[key].Value))
		if err != nil {
			return console.Usage("%s: %s: %s", location, key, err)
		}
		found[key] = Setting{Values: values, Origin: location, commandOnly: name != "", text: location + ": " + key + " = " + strings.Join(values, ", ")}
	}
	return nil
}

// inOrder returns the keys of a table in the order of their lines. So the first mistake of
// the file is reported.
func (f *configFile) inOrder(table string, members map[string]any) []string {
	keys := names(members)
	sort.SliceStable(keys, func(i, j int) bool {
		return f.line(joined(table, keys[i])) < f.line(joined(table, keys[j]))
	})
	return keys
}

// line returns the line of a key. A key inside an inline table has the line of that table.
func (f *configFile) line(key string) int {
	for {
		if line, ok := f.lines[key]; ok {
			return line
		}
		cut := strings.LastIndexByte(key, '.')
		if cut < 0 {
			return 1
		}
		key = key[:cut]
	}
}

// keyLines returns the line of every key and table of a well-formed file.
func keyLines(text []byte) map[string]int {
	lines := map[string]int{}
	var p unstable.Parser
	p.Reset(text)
	table := ""
	for p.NextExpression() {
		node := p.Expression()
		key := ""
		for it := node.Key(); it.Next(); {
			key = joined(key, string(it.Node().Data))
			line := p.Shape(it.Node().Raw).Start.Line
			full := key
			if node.Kind == unstable.KeyValue {
				full = joined(table, key)
			}
			if _, before := lines[full]; !before {
				lines[full] = line
			}
		}
		if node.Kind != unstable.KeyValue {
			table = key
		}
	}
	return lines
}

// flagValues returns a TOML value in the form in which it is typed for a flag. A list needs
// several to be true.
func flagValues(v any, several bool) ([]string, error) {
	if list, ok := v.([]any); ok {
		if !several {
			return nil, errors.New("want one value, not a list")
		}
		values := []string{}
		for _, one := range list {
			text, err := flagValue(one)
			if err != nil {
				return nil, err
			}
			values = append(values, text)
		}
		return values, nil
	}
	text, err := flagValue(v)
	return []string{text}, err
}

// flagValue returns one TOML value in the form in which it is typed for a flag.
func flagValue(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case time.Time:
		return v.Format(time.RFC3339Nano), nil
	case fmt.Stringer: // dates and times without a zone
		return v.String(), nil
	}
	return "", errors.New("want a string, a number, true or false")
}

// joined returns a key within a table, with a dot between them.
func joined(table, key string) string {
	if table == "" {
		return key
	}
	return table + "." + key
}

// names returns the keys of a map, sorted.
func names[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

func bracketed(commands map[string]*cobra.Command) []string {
	list := names(commands)
	for i := range list {
		list[i] = "[" + list[i] + "]"
	}
	return list
}

// prefixed puts the location of the mistake in front of a usage error.
func prefixed(location string, err error) error {
	var bad *console.UsageError
	if errors.As(err, &bad) {
		bad.Message = location + ": " + bad.Message
	}
	return err
}

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"reflect"
	"testing"
)

func TestTexts(t *testing.T) {
	const source = `package p
import "a/b c"
type s struct { A string ` + "`json:\"a b\"`" + ` }
func (e *s) Hint() string { return "look at " + e.A + " again" }
func f() {
	f.Var(&x, "name", "what it is")
	log.DebugContext(ctx, "not a message")
	UsageHint("do this", "--%s is wrong", name)
	refuse("no %s", "of these")
	refuseHint("name another", "%s is taken", name)
	info("oneword")
	info("two words")
	c := Command{Short: "In short"}
	return fmt.Errorf("open it: %w", err)
}`
	found, err := textsOf("p.go", source)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range found {
		got = append(got, fmt.Sprintf("%d %s %s", one.line, one.kind, one.text))
	}
	want := []string{"4 hint look at … again", "6 help what it is", "8 hint do this", "8 error --%s is wrong",
		"9 error no %s", "9 error of these", "10 hint name another", "10 error %s is taken", "12 text two words", "13 help In short", "14 error open it: %w"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFolderThatIsMissingIsAnError(t *testing.T) {
	err := printTexts(bufio.NewWriter(io.Discard), []string{filepath.Join(t.TempDir(), "missing")})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that the folder does not exist", err)
	}
}

package main

import (
	"fmt"
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
	say("oneword")
	say("two words")
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
	want := []string{"4 hint look at … again", "6 help what it is", "8 hint do this", "8 error --%s is wrong", "10 text two words", "11 help In short", "12 error open it: %w"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

package main

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary also run as kin and as jq. The scripts then run the real main,
// and they need no installed jq.
func TestMain(m *testing.M) {
	testscript.Main(scripts{m}, map[string]func(){
		"kin": main,
		"jq":  func() { os.Exit(jq(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// scripts runs four tests per core at once, unless -parallel is set. Scripts spend most of their
// time waiting.
type scripts struct{ *testing.M }

func (s scripts) Run() int {
	flag.Parse()
	if at := flag.Lookup("test.parallel"); at.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := at.Value.Set(strconv.Itoa(4 * runtime.GOMAXPROCS(0))); err != nil {
			panic(err) // never happens: the value is a number
		}
	}
	return s.M.Run()
}

package main

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be kin itself, so that scripts run the real
// main, and jq, so that they run where nothing but Go is installed.
func TestMain(m *testing.M) {
	testscript.Main(scripts{m}, map[string]func(){
		"kin": main,
		"jq":  func() { os.Exit(jq(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// scripts runs more tests at once than there are cores, unless -parallel says
// how many: a script waits for most of its time.
type scripts struct{ *testing.M }

func (s scripts) Run() int {
	flag.Parse()
	if at := flag.Lookup("test.parallel"); at.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := at.Value.Set(strconv.Itoa(4 * runtime.GOMAXPROCS(0))); err != nil {
			panic(err) // it is a number
		}
	}
	return s.M.Run()
}

package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be kin itself, so that scripts run the real
// main, and jq, so that they run where nothing but Go is installed.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kin": main,
		"jq":  func() { os.Exit(jq(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

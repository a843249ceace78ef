package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be kin itself: scripts run the real main.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kin": main})
}

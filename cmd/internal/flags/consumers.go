package flags

import (
	"cmp"

	"kin/cmd/internal/console"
)

// ConsumerMode is the value of --consumer-mode; its zero value is polling.
type ConsumerMode string

// The consumer modes.
const (
	Polling ConsumerMode = "polling"
	EFO     ConsumerMode = "efo"
)

// Type names the value in the help.
func (m *ConsumerMode) Type() string { return "mode" }

func (m *ConsumerMode) String() string { return string(cmp.Or(*m, Polling)) }

// Set takes what was typed. Its error says what is wanted.
func (m *ConsumerMode) Set(s string) error { return console.Choose(m, s, Polling, EFO) }

// ConsumerIDType is the value of --registered-consumer-id-type; its zero value is name.
type ConsumerIDType string

// What an ID is.
const (
	ByName ConsumerIDType = "name"
	ByARN  ConsumerIDType = "arn"
)

// Type names the value in the help.
func (t *ConsumerIDType) Type() string { return "type" }

func (t *ConsumerIDType) String() string { return string(cmp.Or(*t, ByName)) }

// Set takes what was typed. Its error says what is wanted.
func (t *ConsumerIDType) Set(s string) error { return console.Choose(t, s, ByName, ByARN) }

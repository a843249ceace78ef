package flags

import (
	"cmp"

	"kin/cmd/internal/console"
)

// ConsumerMode is the value of --consumer-mode. The zero value is polling.
type ConsumerMode string

// The consumer modes.
const (
	Polling ConsumerMode = "polling"
	EFO     ConsumerMode = "efo"
)

// Type implements pflag.Value: it is the placeholder in the help.
func (m *ConsumerMode) Type() string { return "mode" }

func (m *ConsumerMode) String() string { return string(cmp.Or(*m, Polling)) }

// Set implements pflag.Value. Its error lists the accepted values.
func (m *ConsumerMode) Set(s string) error { return console.Choose(m, s, Polling, EFO) }

// ConsumerIDType is the value of --registered-consumer-id-type. The zero value is name.
type ConsumerIDType string

// The types of a consumer's ID.
const (
	ByName ConsumerIDType = "name"
	ByARN  ConsumerIDType = "arn"
)

// Type implements pflag.Value: it is the placeholder in the help.
func (t *ConsumerIDType) Type() string { return "type" }

func (t *ConsumerIDType) String() string { return string(cmp.Or(*t, ByName)) }

// Set implements pflag.Value. Its error lists the accepted values.
func (t *ConsumerIDType) Set(s string) error { return console.Choose(t, s, ByName, ByARN) }

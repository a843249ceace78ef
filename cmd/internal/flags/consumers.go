package flags

import "fmt"

// ConsumerMode is the value of --consumer-mode; its zero value is polling.
type ConsumerMode string

// The consumer modes.
const (
	Polling ConsumerMode = "polling"
	EFO     ConsumerMode = "efo"
)

// Type names the value in the help.
func (m *ConsumerMode) Type() string { return "mode" }

func (m *ConsumerMode) String() string {
	if *m == "" {
		return string(Polling)
	}
	return string(*m)
}

// Set takes what was typed. Its error says what is wanted.
func (m *ConsumerMode) Set(s string) error {
	switch v := ConsumerMode(s); v {
	case Polling, EFO:
		*m = v
		return nil
	}
	return fmt.Errorf("want polling or efo")
}

// ConsumerIDType is the value of --registered-consumer-id-type; its zero value is name.
type ConsumerIDType string

// What an ID is.
const (
	ByName ConsumerIDType = "name"
	ByARN  ConsumerIDType = "arn"
)

// Type names the value in the help.
func (t *ConsumerIDType) Type() string { return "type" }

func (t *ConsumerIDType) String() string {
	if *t == "" {
		return string(ByName)
	}
	return string(*t)
}

// Set takes what was typed. Its error says what is wanted.
func (t *ConsumerIDType) Set(s string) error {
	switch v := ConsumerIDType(s); v {
	case ByName, ByARN:
		*t = v
		return nil
	}
	return fmt.Errorf("want name or arn")
}

package flags

import (
	"errors"
	"strconv"
	"strings"

	"kin/cmd/internal/console"
	"kin/internal/local"
)

// DefaultListen is where kin local listens.
const DefaultListen = "127.0.0.1:4567"

// Listen is HOST:PORT; an empty host is every address of the machine.
type Listen string

// Set takes what was typed. Its error says what is wanted.
func (v *Listen) Set(s string) error {
	if !isHostPort(s) {
		return errors.New("want HOST:PORT, such as " + DefaultListen)
	}
	*v = Listen(s)
	return nil
}

func (v *Listen) String() string { return string(*v) }

// Type names the value in the help.
func (v *Listen) Type() string { return "address" }

// Limits is on, off or window.
type Limits local.Limits

// Set takes what was typed. Its error says what is wanted.
func (v *Limits) Set(s string) error {
	return console.Choose(v, s, Limits(local.LimitsOn), Limits(local.LimitsOff), Limits(local.LimitsWindow))
}

func (v *Limits) String() string { return string(*v) }

// Type names the value in the help.
func (v *Limits) Type() string { return "when" }

// Streams collects NAME or NAME:SHARDS.
type Streams []local.StreamSpec

// Set takes what was typed. Its error says what is wanted.
func (v *Streams) Set(s string) error {
	spec, err := local.ParseStreamSpec(s)
	if err != nil {
		return err
	}
	for _, other := range *v {
		if other.Name == spec.Name {
			return errors.New("the stream is named twice")
		}
	}
	*v = append(*v, spec)
	return nil
}

func (v *Streams) String() string {
	var list []string
	for _, s := range *v {
		list = append(list, s.Name+":"+strconv.Itoa(s.Shards))
	}
	return strings.Join(list, " ")
}

// Type names the value in the help.
func (v *Streams) Type() string { return "stream" }

// Roles collects ARN or ARN=EXTERNAL_ID.
type Roles []local.Role

// Set takes what was typed. Its error says what is wanted.
func (v *Roles) Set(s string) error {
	role, err := local.ParseRole(s)
	if err != nil {
		return err
	}
	for _, other := range *v {
		if other.ARN == role.ARN {
			return errors.New("the role is named twice")
		}
	}
	*v = append(*v, role)
	return nil
}

func (v *Roles) String() string {
	var list []string
	for _, r := range *v {
		list = append(list, strings.TrimSuffix(r.ARN+"="+r.ExternalID, "="))
	}
	return strings.Join(list, " ")
}

// Type names the value in the help.
func (v *Roles) Type() string { return "role" }

// Faults collects scripted faults.
type Faults []string

// Set takes what was typed. Its error says what is wanted.
func (v *Faults) Set(s string) error {
	if err := local.CheckFault(s); err != nil {
		return err
	}
	*v = append(*v, s)
	return nil
}

func (v *Faults) String() string { return strings.Join(*v, " ") }

// Type names the value in the help.
func (v *Faults) Type() string { return "fault" }

package cmd

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"kin/internal/local"
)

// listenValue is HOST:PORT; an empty host is every address of the machine.
type listenValue string

func (v *listenValue) Set(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("want HOST:PORT, such as " + localListen)
	}
	*v = listenValue(s)
	return nil
}

func (v *listenValue) String() string { return string(*v) }
func (v *listenValue) Type() string   { return "address" }

// limitsValue is on, off or window.
type limitsValue local.Limits

func (v *limitsValue) Set(s string) error {
	switch l := local.Limits(s); l {
	case local.LimitsOn, local.LimitsOff, local.LimitsWindow:
		*v = limitsValue(l)
		return nil
	}
	return errors.New("want on, off or window")
}

func (v *limitsValue) String() string { return string(*v) }
func (v *limitsValue) Type() string   { return "when" }

// streamsValue collects NAME or NAME:SHARDS.
type streamsValue []local.StreamSpec

func (v *streamsValue) Set(s string) error {
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

func (v *streamsValue) String() string {
	var list []string
	for _, s := range *v {
		list = append(list, s.Name+":"+strconv.Itoa(s.Shards))
	}
	return strings.Join(list, " ")
}

func (v *streamsValue) Type() string { return "stream" }

// rolesValue collects ARN or ARN=EXTERNAL_ID.
type rolesValue []local.Role

func (v *rolesValue) Set(s string) error {
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

func (v *rolesValue) String() string {
	var list []string
	for _, r := range *v {
		list = append(list, strings.TrimSuffix(r.ARN+"="+r.ExternalID, "="))
	}
	return strings.Join(list, " ")
}

func (v *rolesValue) Type() string { return "role" }

// faultsValue collects scripted faults.
type faultsValue []string

func (v *faultsValue) Set(s string) error {
	if err := local.CheckFault(s); err != nil {
		return err
	}
	*v = append(*v, s)
	return nil
}

func (v *faultsValue) String() string { return strings.Join(*v, " ") }
func (v *faultsValue) Type() string   { return "fault" }

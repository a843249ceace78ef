package flags

import (
	"errors"
	"strconv"
	"strings"

	"kin/cmd/internal/console"
	"kin/internal/local"
)

// DefaultListen is the address at which kin local listens by default.
const DefaultListen = "127.0.0.1:4567"

// Listen is HOST:PORT. An empty host means every address of the machine.
type Listen string

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Listen) Set(s string) error {
	if !isHostPort(s) {
		return errors.New("want HOST:PORT, such as " + DefaultListen)
	}
	*v = Listen(s)
	return nil
}

func (v *Listen) String() string { return string(*v) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Listen) Type() string { return "address" }

// Limits is the value of --limits: on, off or window.
type Limits local.Limits

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Limits) Set(s string) error {
	return console.Choose(v, s, Limits(local.LimitsOn), Limits(local.LimitsOff), Limits(local.LimitsWindow))
}

func (v *Limits) String() string { return string(*v) }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Limits) Type() string { return "when" }

// Streams collects the values of --stream: NAME or NAME:SHARDS.
type Streams []local.StreamSpec

// Set implements pflag.Value. Its error lists the accepted values.
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

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Streams) Type() string { return "stream" }

// Roles collects the values of --role: ARN or ARN=EXTERNAL_ID.
type Roles []local.Role

// Set implements pflag.Value. Its error lists the accepted values.
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

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Roles) Type() string { return "role" }

// Faults collects the values of --fault.
type Faults []string

// Set implements pflag.Value. Its error lists the accepted values.
func (v *Faults) Set(s string) error {
	if err := local.CheckFault(s); err != nil {
		return err
	}
	*v = append(*v, s)
	return nil
}

func (v *Faults) String() string { return strings.Join(*v, " ") }

// Type implements pflag.Value: it is the placeholder in the help.
func (v *Faults) Type() string { return "fault" }

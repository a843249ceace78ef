package format

import "fmt"

// DataMode is the way to print a payload in a JSON line. The zero value is DataAuto. It
// implements pflag.Value.
type DataMode uint8

// The four modes. In DataJSON and DataText mode, a payload that does not fit is an error.
// DataBase64 fits every payload.
const (
	DataAuto   DataMode = iota // embedded if it is an object or array that strict parsers accept; else as a string if it is valid UTF-8; else in base64
	DataJSON                   // embedded; must be JSON that strict parsers accept
	DataText                   // as a string; must be valid UTF-8
	DataBase64                 // in base64
)

var dataModeNames = [...]string{"auto", "json", "text", "base64"}

// DataModeNames returns the names that Set accepts, for completion and help.
func DataModeNames() []string { return dataModeNames[:] }

func (m DataMode) String() string { return dataModeNames[m] }

// Set parses one of DataModeNames.
func (m *DataMode) Set(s string) error {
	for i, name := range dataModeNames {
		if s == name {
			*m = DataMode(i)
			return nil
		}
	}
	return fmt.Errorf("want auto, json, text or base64")
}

// Type returns the name of the value in help texts.
func (m *DataMode) Type() string { return "mode" }

package format

import "fmt"

// DataMode says how a payload is put into a JSON line. The zero value is
// DataAuto. Its methods make it a flag value.
type DataMode uint8

// The four modes. Forcing one of the last three makes a payload that does not
// fit an error; every payload fits DataBase64.
const (
	DataAuto   DataMode = iota // JSON objects and arrays that strict parsers accept embedded, other valid UTF-8 as a string, the rest in base64
	DataJSON                   // any JSON value that strict parsers accept, embedded
	DataText                   // valid UTF-8, as a string
	DataBase64                 // anything
)

var dataModeNames = [...]string{"auto", "json", "text", "base64"}

// DataModeNames lists the spellings that Set accepts, for completion and help.
func DataModeNames() []string { return dataModeNames[:] }

func (m DataMode) String() string { return dataModeNames[m] }

// Set parses one of the spellings of DataModeNames.
func (m *DataMode) Set(s string) error {
	for i, name := range dataModeNames {
		if s == name {
			*m = DataMode(i)
			return nil
		}
	}
	return fmt.Errorf("want auto, json, text or base64")
}

// Type names the value in help texts.
func (m *DataMode) Type() string { return "mode" }

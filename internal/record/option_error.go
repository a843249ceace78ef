package record

// OptionError means that a field of Options cannot be used.
type OptionError struct {
	Field string // in words, such as "max fetch rate"
	Want  string
}

func (e *OptionError) Error() string { return e.Field + ": want " + e.Want }

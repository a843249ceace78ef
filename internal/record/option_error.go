package record

// OptionError means that a field of an Options struct is invalid.
type OptionError struct {
	Field string // the field in words, such as "max fetch rate"
	Want  string
}

func (e *OptionError) Error() string { return e.Field + ": want " + e.Want }

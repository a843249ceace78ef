package console

import "os"

// fromTerminal reports true: a Windows console sends Ctrl-C to all of its processes, and
// there is no way to pass it on to one of them.
func fromTerminal(os.Signal) bool { return true }

package console

import "os"

// fromTerminal says whether a signal has reached kin's children as well. On
// Windows a console sends Ctrl-C to all its processes, and there is no way to
// pass it on to one.
func fromTerminal(os.Signal) bool { return true }

package input

import (
	"os"
	"path/filepath"
)

// SameFile says whether two names lead to one file, whether it is there yet or
// not.
func SameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	fileA, errA := os.Stat(a)
	fileB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(fileA, fileB)
}

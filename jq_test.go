package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/itchyny/gojq"
)

// jq implements the part of jq that the scripts use: jq [-r] [-c] [-e] FILTER [FILE...]. The
// output is always compact. It returns the exit code.
func jq(args []string, in io.Reader, out, errOut io.Writer) int {
	raw, status := false, false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		raw = raw || strings.Contains(args[0], "r")
		status = status || strings.Contains(args[0], "e")
		args = args[1:]
	}
	falsy, err := filter(args, in, func(v any) error {
		if s, ok := v.(string); ok && raw {
			_, err := fmt.Fprintln(out, s)
			return err
		}
		b, err := gojq.Marshal(v)
		if err == nil {
			_, err = fmt.Fprintf(out, "%s\n", b)
		}
		return err
	})
	switch {
	case err != nil:
		_, _ = fmt.Fprintln(errOut, "jq:", err)
		return 5
	case status && falsy:
		return 1
	}
	return 0
}

// filter applies the filter args[0] to the JSON values in the files args[1:]. Without files it
// reads the values from in. falsy reports whether the last result was null or false.
func filter(args []string, in io.Reader, emit func(any) error) (falsy bool, err error) {
	if len(args) == 0 {
		return false, errors.New("no filter")
	}
	query, err := gojq.Parse(args[0])
	if err != nil {
		return false, err
	}
	if len(args) > 1 {
		var files []io.Reader
		for _, name := range args[1:] {
			f, err := os.Open(name)
			if err != nil {
				return false, err
			}
			defer f.Close()
			files = append(files, f)
		}
		in = io.MultiReader(files...)
	}
	decoder := json.NewDecoder(in)
	decoder.UseNumber()
	for {
		var v any
		if err := decoder.Decode(&v); errors.Is(err, io.EOF) {
			return falsy, nil
		} else if err != nil {
			return false, err
		}
		for results := query.Run(v); ; {
			result, ok := results.Next()
			if !ok {
				break
			}
			if err, ok := result.(error); ok {
				return false, err
			}
			falsy = result == nil || result == false
			if err := emit(result); err != nil {
				return false, err
			}
		}
	}
}

// Command verify compares the output of `kin read` with the input of `kin write`. It shares no code
// with kin.
//
//	verify -input FILE -stream NAME [-shards FILE] [-keyed] [-encoding NAME] OUTPUT...
//
// FILE has one record a line. The outputs are those of the runs that shared a checkpoint, in the
// order of the runs. The exit code is 0 only if
//
//   - each line of the outputs is a record of the stream in kin's documented form, with no member
//     unknown, missing or out of order;
//   - the payloads are the lines of FILE, byte by byte, each exactly as often as in FILE;
//   - sequence numbers increase within each shard, over all outputs;
//   - with -shards (the output of `aws kinesis list-shards`), every shard is one of these and every
//     key is in the hash key range of its shard;
//   - with -shards, no record of a child shard comes before one of its parents;
//   - with -keyed (lines of scripts/stanzas), each record has its line's key as its partition key;
//   - with -keyed, the records of a key are in the order of their numbers.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strings"
)

// shown is the number of findings that are printed. All are counted.
const shown = 10

func main() {
	input := flag.String("input", "", "the `file` that was written, one record a line")
	stream := flag.String("stream", "", "the `name` of the stream")
	shards := flag.String("shards", "", "the `file` with the output of aws kinesis list-shards")
	keyed := flag.Bool("keyed", false, "check keys and their order: the lines are from scripts/stanzas")
	encoding := flag.String("encoding", "", "the `name` that every record must have as dataEncoding")
	flag.Parse()
	if *input == "" || *stream == "" || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	v, err := newVerifier(*input, *stream, *shards, *keyed, *encoding)
	if err == nil {
		err = v.outputs(flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
	if !v.report() {
		os.Exit(1)
	}
}

// lines calls each for every line of the file, without its newline. It returns an error if the last
// line has no newline: neither the input nor an output may be torn.
func lines(name string, each func(line []byte) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<20)
	for n := 1; ; n++ {
		line, err := r.ReadSlice('\n')
		if err != nil {
			if len(line) == 0 {
				break
			}
			return fmt.Errorf("%s:%d: no newline at the end: %w", name, n, err)
		}
		if err := each(line[:len(line)-1]); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return nil
}

func (v *verifier) outputs(names []string) error {
	for _, name := range names {
		before := v.records
		if err := lines(name, v.record); err != nil {
			return err
		}
		v.perOutput = append(v.perOutput, v.records-before)
	}
	v.missing()
	return nil
}

// report prints the findings and the counts. It returns true if there are no findings.
func (v *verifier) report() bool {
	for _, f := range v.findings {
		fmt.Fprintln(os.Stderr, "verify:", f)
	}
	var each []string
	for _, n := range v.perOutput {
		each = append(each, fmt.Sprint(n))
	}
	fmt.Printf("verify: %d lines written, %d records read (%s) from %d shards, %d keys: %d missing, %d too many, %d out of order, %d malformed\n",
		v.written, v.records, strings.Join(each, " + "), len(v.last), len(v.keys),
		v.count[missing], v.count[surplus], v.count[disorder], v.count[malformed])
	return v.count == [kinds]int{} && v.records == v.written && v.written > 0
}

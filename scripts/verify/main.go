// Command verify holds what `kin read` printed against what was written. It
// shares no code with kin.
//
//	verify -input FILE -stream NAME [-shards FILE] [-keyed] [-encoding NAME] OUTPUT...
//
// FILE has one record a line. The outputs are those of the runs that shared a
// checkpoint, in the order of the runs. It ends with 0 only if
//
//   - each line of the outputs is a complete record as kin documents it, of
//     that stream, with no member unknown, missing or out of order;
//   - the payloads are the lines of FILE, byte by byte: each exactly as often
//     as it is there, none missing and none besides;
//   - sequence numbers grow within each shard, over all outputs;
//   - with -shards (what `aws kinesis list-shards` prints), every shard is
//     one of these, every key lies in the hash range of its shard, and no
//     record of a child shard comes before one of its parents;
//   - with -keyed (lines of scripts/stanzas), each record carries its line's
//     key as its partition key, and the records of a key come in the order of
//     their numbers.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strings"
)

// shown is how many findings are printed; all are counted.
const shown = 10

func main() {
	input := flag.String("input", "", "the `file` that was written, one record a line")
	stream := flag.String("stream", "", "the `name` of the stream")
	shards := flag.String("shards", "", "`file` with what `aws kinesis list-shards` prints")
	keyed := flag.Bool("keyed", false, "the lines are of scripts/stanzas: check keys and their order")
	encoding := flag.String("encoding", "", "the `name` that every record has as dataEncoding")
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

// lines calls each for every line of the file, without its newline. A last
// line without one is an error: neither what was written nor what was printed
// may be torn.
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

// report prints the counts and says whether all is well.
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

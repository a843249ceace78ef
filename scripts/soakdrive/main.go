// Command soakdrive runs the disruptions of scripts/soak. It feeds `kin write` steadily, reshards
// the stream, adds faults, and kills and restarts `kin read`. With -mode efo `kin read` uses
// enhanced fan-out. With -mode write it stops and restarts `kin write` instead, and with -mode copy
// `kin copy`. It shares no code with kin.
//
//	soakdrive -kin FILE -endpoint URL -dir DIR [-mode read|efo|write|copy]
//	          [-seconds N] [-seed S] [-rate N]
//
// At the end it stops writing and clears the faults. A last run of the command reads or writes the
// rest. Then soakdrive reads the stream itself. DIR then has the files for scripts/soakcheck:
//
//	written.jsonl  every payload of the input of kin write, in order
//	read.jsonl     the output of all runs of kin read
//	runs.jsonl     the offset in read.jsonl at which each run began, and how it ended
//	stream.jsonl   every record of the stream, shard by shard
//	shards.jsonl   every shard, with its parents
//	stops.jsonl    with -mode write and copy: the numbers that each run reported at its end
//	copy-*.jsonl   with -mode copy: the destination
//
// The seed decides what happens. It does not decide how far each process gets in between.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// drive is the state that all disruptions share.
type drive struct {
	kin, dir string
	mode     string
	endpoint endpoint
	stream   string
	seed     uint64
	rate     int
	end      time.Time // of the disruptions

	mu       sync.Mutex
	counts   map[string]int
	failures []string
}

func main() {
	d := &drive{stream: "soak", counts: map[string]int{}}
	flag.StringVar(&d.kin, "kin", "", "the kin `file` to run")
	flag.StringVar((*string)(&d.endpoint.Endpoint), "endpoint", "", "`URL` of kin local")
	flag.StringVar(&d.dir, "dir", "", "the `folder` for the results")
	flag.StringVar(&d.mode, "mode", "read", "the command to stop and restart: read, efo (read with enhanced fan-out), write or copy")
	seconds := flag.Int("seconds", 60, "how many seconds the disruptions last")
	flag.Uint64Var(&d.seed, "seed", 1, "seed of the random decisions")
	flag.IntVar(&d.rate, "rate", 400, "records a second")
	flag.Parse()
	if modes[d.mode] == nil || d.kin == "" || d.endpoint.Endpoint == "" || d.dir == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	d.end = time.Now().Add(time.Duration(*seconds) * time.Second)
	if err := d.run(ctx); err != nil {
		d.fail("%v", err)
	}
	for _, name := range []string{"kills", "polls", "stops", "faults", "splits", "merges"} {
		if n, ok := d.counts[name]; ok {
			fmt.Printf("%s: %d\n", name, n)
		}
	}
	for _, failure := range d.failures {
		fmt.Println("VIOLATION:", failure)
	}
	if len(d.failures) > 0 {
		os.Exit(1)
	}
}

// mode has the functions of a soak. The disruptions run at the same time. After them the functions
// of rest run one after another, without disruptions.
type mode struct {
	disruptions []func(*drive, context.Context) error
	rest        []func(*drive, context.Context) error
}

var modes = map[string]*mode{
	"read": {
		disruptions: []func(*drive, context.Context) error{(*drive).write, (*drive).reshard, (*drive).faults, (*drive).kill},
		rest:        []func(*drive, context.Context) error{(*drive).readRest, (*drive).dump},
	},
	"efo": {
		disruptions: []func(*drive, context.Context) error{(*drive).write, (*drive).reshard, (*drive).faults, (*drive).kill},
		rest:        []func(*drive, context.Context) error{(*drive).readRest, (*drive).dump},
	},
	"write": {
		disruptions: []func(*drive, context.Context) error{(*drive).reshard, (*drive).faults, (*drive).stopWrite},
		rest:        []func(*drive, context.Context) error{(*drive).writeRest, (*drive).dump},
	},
	"copy": {
		disruptions: []func(*drive, context.Context) error{(*drive).write, (*drive).reshard, (*drive).reshardCopy, (*drive).faults, (*drive).stopCopy},
		rest:        []func(*drive, context.Context) error{(*drive).copyRest, (*drive).dump, (*drive).dumpCopy},
	},
}

func (d *drive) run(ctx context.Context) error {
	var disruptions sync.WaitGroup
	for _, disrupt := range modes[d.mode].disruptions {
		disruptions.Go(func() {
			if err := disrupt(d, ctx); err != nil {
				d.fail("%v", err)
			}
		})
	}
	disruptions.Wait()
	for _, rest := range modes[d.mode].rest {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := rest(d, ctx); err != nil {
			return err
		}
	}
	return nil
}

// random returns a random source. Each disruption has its own, so that its draws do not depend on
// the others.
func (d *drive) random(sequence uint64) *rand.Rand { return rand.New(rand.NewPCG(d.seed, sequence)) }

func (d *drive) count(name string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[name] += n
}

// fail notes a violation. The run continues.
func (d *drive) fail(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failures = append(d.failures, fmt.Sprintf(format, args...))
}

func (d *drive) path(name string) string { return filepath.Join(d.dir, name) }

// between draws a duration.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

// sleep waits, but not beyond the end of the disruptions. It reports whether that end is still to
// come.
func (d *drive) sleep(ctx context.Context, wait time.Duration) bool {
	select {
	case <-time.After(min(wait, time.Until(d.end))):
	case <-ctx.Done():
	}
	return ctx.Err() == nil && time.Now().Before(d.end)
}

// jsonLines writes a file of JSON lines.
type jsonLines struct {
	f   *os.File
	enc *json.Encoder
}

func createLines(path string) (*jsonLines, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &jsonLines{f, json.NewEncoder(f)}, nil
}

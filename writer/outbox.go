package writer

import (
	"cmp"
	"slices"
)

// outbox is what is to be told to the functions of Options.
type outbox struct {
	results    []Result
	rejections []Rejection
	says       []string
}

func (o *outbox) report(r Result) { o.results = append(o.results, r) }

// deliver tells what is to be told. It is called on the goroutine of run alone,
// without the lock: whoever listens may take their time, and then no further
// request is made. An error of a listener ends the run; it is told nothing more.
func (d *dispatcher) deliver() {
	for {
		d.mu.Lock()
		out := d.outbox
		d.outbox = outbox{}
		deaf := d.deaf
		d.mu.Unlock()
		if len(out.results)+len(out.rejections)+len(out.says) == 0 {
			return
		}
		for _, s := range out.says {
			d.o.Say(s)
		}
		told, err := 0, error(nil)
		if !deaf {
			told, err = d.tell(out)
		}
		if told == len(out.rejections) && err == nil {
			continue
		}
		d.mu.Lock()
		for _, r := range out.rejections[told:] {
			d.lost = min(cmp.Or(d.lost, r.Number), r.Number)
		}
		d.deaf = true
		if err != nil {
			d.stop(err)
		}
		d.mu.Unlock()
	}
}

// tell returns how many rejections were taken.
func (d *dispatcher) tell(out outbox) (told int, err error) {
	for i, r := range out.rejections {
		if err := d.o.Rejected(r); err != nil {
			return i, err
		}
	}
	if len(out.results) > 0 {
		err = d.o.Report(out.results)
	}
	return len(out.rejections), err
}

// standing is what the run has done so far.
func (d *dispatcher) standing() Summary {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.summary
	if d.lost > 0 {
		s.WrittenThrough = min(s.WrittenThrough, d.lost-1)
	}
	return s
}

// progress is what the run has done so far, with what is under way.
func (d *dispatcher) progress() Summary {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.summary
	s.Unsure += d.flying
	return s
}

// shard is where a shard's records are counted.
func (d *dispatcher) shard(id string) *ShardSummary {
	s := d.byShard[id]
	if s == nil {
		s = &ShardSummary{ShardID: id}
		d.byShard[id] = s
	}
	return s
}

func (d *dispatcher) shardSummaries() []ShardSummary {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []ShardSummary
	for _, s := range d.byShard {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b ShardSummary) int { return cmp.Compare(a.ShardID, b.ShardID) })
	return all
}

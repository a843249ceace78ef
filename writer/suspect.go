package writer

// singleOut finds the records of a request that was refused as it is: they go
// alone, and one that is refused alone is given up.
func (d *dispatcher) singleOut(r *request, err error) {
	if len(r.entries) == 1 {
		d.giveUpRefused(r.entries[0], err)
		return
	}
	for _, e := range r.entries {
		e.suspect = true
	}
	d.putBack(r, nil)
}

// suspects says whether an answer may be about a record, for a run that saves those
// that are given up.
func (d *dispatcher) suspects(err error) bool {
	return d.o.Rejected != nil && classify(err) == refused && d.refusals < mostRefusals
}

// giveUpRefused gives up a record that the service does not take.
func (d *dispatcher) giveUpRefused(e *entry, why error) {
	d.refusals++
	if !e.failing {
		e.failing = true
		d.failing++
	}
	d.reject(e, why, true)
}

// mostRefusals in a row, with no record accepted between them, are not the records'.
const mostRefusals = 100

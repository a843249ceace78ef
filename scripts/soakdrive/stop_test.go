package main

import "testing"

// The lines are those of kin write and kin copy. A number that parseStop does not find counts as 0,
// and soakcheck then reports violations that are none.
func TestParseStop(t *testing.T) {
	for stderr, want := range map[string]stop{
		"kin: records 1 to 1,234 of the input are written; resume with --skip 1234":                                                        {Through: 1234},
		"kin: record 1 of the input is written; resume with --skip 1":                                                                      {Through: 1},
		"kin: records 1 to 368 of the input are written, and 1 later record; 12 more may have been written; resume with --skip 368":        {Through: 368, Beyond: 1, Unsure: 12},
		"kin: records 1 to 368 of the input are written, and 1,025 later records; resume with --skip 368":                                  {Through: 368, Beyond: 1025},
		"kin: the first record of the input is not written, but 1 later record is":                                                         {Beyond: 1},
		"kin: the first record of the input is not written, but 7 records after it are; 2 more may have been written":                      {Beyond: 7, Unsure: 2},
		"kin: no record of the input is known to be written; 500 records may have been written":                                            {Unsure: 500},
		"kin: 3 more records may have been written: their requests had no answer":                                                          {Unsure: 3},
		"kin: 500 records may have been written beyond the checkpoint: the next run writes them again":                                     {Unsure: 500},
		"kin: 1 record is written beyond the checkpoint: the next run writes it again":                                                     {Beyond: 1},
		"kin: 9 records are written beyond the checkpoint, and 4 more may have been written: the next run writes them again":               {Beyond: 9, Unsure: 4},
		"kin: wrote 1,000 records (2 kB) to soak in 2.1s: 500 retried, 1 rejected":                                                         {Written: 1000, Rejected: 1},
		"kin: wrote 5 records (19 B) to soak in 2.1s: 5 retried, 0 rejected, 5 possibly written twice":                                     {Written: 5, Twice: 5},
		"kin: wrote 5 records (19 B) to soak in 2.1s: 5 retried, 0 rejected, 5 possibly written more than once (up to 20 copies too many)": {Written: 5, Twice: 20},
	} {
		if got := parseStop("kin: a line before\n" + stderr + "\n"); got != want {
			t.Errorf("%s: got %+v, want %+v", stderr, got, want)
		}
	}
}

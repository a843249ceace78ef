package record

// ShardPosition is the position of a run in one shard, as a checkpoint file has it.
type ShardPosition struct {
	Parents []string `json:"parents"` // shard IDs; empty, one, or two after a merge
	Position
	// ReadThrough is the server's time up to which everything in the shard was
	// read: the time of the last response less its MillisBehindLatest.
	ReadThrough Time `json:"readThrough,omitzero"`
	LastArrival Time `json:"lastArrival,omitzero"` // of the last record written
	UpdatedAt   Time `json:"updatedAt,omitzero"`
}

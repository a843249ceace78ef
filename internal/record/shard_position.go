package record

// ShardPosition is the position of a run in one shard, as stored in a checkpoint file.
type ShardPosition struct {
	Parents []string `json:"parents"` // parent shard IDs: none, one, or two after a merge
	Position
	// ReadThrough is the server's time up to which the shard was read completely. It is the
	// time of the last response minus its MillisBehindLatest.
	ReadThrough Time `json:"readThrough,omitzero"`
	LastArrival Time `json:"lastArrival,omitzero"` // arrival time of the last record written
	UpdatedAt   Time `json:"updatedAt,omitzero"`
}

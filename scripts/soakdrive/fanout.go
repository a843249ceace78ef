package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// pushing are the faults of enhanced fan-out. %d is a number of events before
// it, so that subscriptions end, break and fail at any time.
var pushing = []string{
	"SubscribeToShard=cut", "SubscribeToShard=cut:%d", "SubscribeToShard=cut:%d", "SubscribeToShard=cut:%d", "SubscribeToShard=cut:%d",
	"SubscribeToShard=early:%d", "SubscribeToShard=early:%d", "SubscribeToShard=empty", "SubscribeToShard=empty",
	"SubscribeToShard=stall:%d", "SubscribeToShard=silent",
	"SubscribeToShard=stream:InternalFailureException:%d", "SubscribeToShard=stream:KMSThrottlingException:%d",
	"SubscribeToShard=stream:ResourceInUseException:%d",
	"SubscribeToShard=no-initial-response", "SubscribeToShard=no-initial-response",
	"SubscribeToShard=ResourceInUseException", "SubscribeToShard=LimitExceededException",
	"SubscribeToShard=InternalFailure", "SubscribeToShard=ServiceUnavailable",
	"SubscribeToShard=latency:%s", "SubscribeToShard=reset", "SubscribeToShard=garbage", "SubscribeToShard=html",
	"DescribeStreamConsumer=LimitExceededException", "DescribeStreamConsumer=InternalFailure",
	"DescribeStreamConsumer=latency:%s", "DescribeStreamConsumer=reset", "DescribeStreamConsumer=cut",
}

// faultsOf are the faults that are drawn in a mode.
func faultsOf(mode string) []string {
	if mode != "efo" {
		return scripted
	}
	// GetRecords is called by the few runs that poll.
	rest := slices.DeleteFunc(slices.Clone(scripted), func(spec string) bool { return strings.HasPrefix(spec, "Get") })
	return slices.Concat(pushing, rest, []string{"GetRecords=InternalFailure", "GetRecords=cut", "GetRecords=expired-iterator"})
}

// isLasting says whether a fault costs a shard the minute for which a
// subscription may be silent.
func isLasting(spec string) bool {
	return strings.HasPrefix(spec, "SubscribeToShard=stall") || spec == "SubscribeToShard=silent"
}

// events draws a number of events: of a few, or of what comes in a minute.
func events(r *rand.Rand) int { return r.IntN(1 << r.IntN(10)) }

// life draws how long a run that is pushed to lives. The service refuses a
// subscription within five seconds of the last, whatever became of it: a run
// has to live for longer than that to read anything, and for longer than a minute
// to give up a silent one.
func life(r *rand.Rand) time.Duration {
	switch how := r.IntN(20); {
	case how < 3:
		return between(r, 20*time.Millisecond, time.Second)
	case how < 12:
		return between(r, 4*time.Second, 9*time.Second)
	case how < 19:
		return between(r, 9*time.Second, 20*time.Second)
	}
	return between(r, 65*time.Second, 80*time.Second)
}

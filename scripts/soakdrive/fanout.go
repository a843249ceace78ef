package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// fanOutFaults are the faults of enhanced fan-out. %d is the number of events before the fault, so
// that subscriptions end, break and fail at any time.
var fanOutFaults = []string{
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

// faultsOf returns the faults of a mode, from which draw selects.
func faultsOf(mode string) []string {
	if mode != "efo" {
		return scripted
	}
	// Only the few runs that poll call GetRecords.
	rest := slices.DeleteFunc(slices.Clone(scripted), func(spec string) bool { return strings.HasPrefix(spec, "Get") })
	return slices.Concat(fanOutFaults, rest, []string{"GetRecords=InternalFailure", "GetRecords=cut", "GetRecords=expired-iterator"})
}

// isLasting reports whether a fault stops a shard for a minute, the time for which a subscription
// may be silent.
func isLasting(spec string) bool {
	return strings.HasPrefix(spec, "SubscribeToShard=stall") || spec == "SubscribeToShard=silent"
}

// events draws a number of events: from a few up to the events of about a minute.
func events(r *rand.Rand) int { return r.IntN(1 << r.IntN(10)) }

// life draws the lifetime of a run with enhanced fan-out. The service refuses a subscription
// within five seconds of the previous one, even if that one has ended. A run must live longer than
// that to read anything, and longer than a minute to abandon a silent subscription.
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

// Package local is an embedded Kinesis Data Streams endpoint. It serves real HTTP/1.1 and
// HTTP/2, in clear text or over TLS, or in process through RoundTrip. `kin local` and
// `kin demo` run it, and the tests of all other packages use it.
//
// Clients see the behaviour of the service:
//
//   - streams, shards with their lineage and hash key ranges, resharding, retention
//   - sequence numbers that contain their shard; iterators and tokens that expire
//   - throttling per shard, partial PutRecords failures, the service's error codes and messages
//   - SubscribeToShard as an event stream, which pushes records as they arrive
//   - AssumeRole and GetCallerIdentity of the Security Token Service, at the same address
//
// The endpoint keeps everything in memory and serves any number of concurrent clients. The
// process that owns it can move its clock.
//
// It does not implement:
//
//   - durability
//   - permissions: it accepts any credentials, and those of a role until they expire
//   - encryption: it stores and reports the type, but encrypts nothing
//   - regions: a stream exists in every region that a request was signed for
//   - CBOR
//
// The package imports nothing of kin, and kin's readers and writers share no code with it. A
// shared bug would be invisible to the tests. There is one file for each API call. Its first
// comment describes what the call does and what is not implemented.
package local

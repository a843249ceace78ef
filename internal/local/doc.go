// Package local is an embedded Kinesis Data Streams endpoint over real HTTP,
// HTTP/1.1 and HTTP/2, in clear text or TLS, or in process by RoundTrip:
// what `kin local` and `kin demo` run and what the tests of every other
// package talk to.
//
// It promises the service's behaviour as clients see it: streams, shards and
// their lineage, hash key ranges, sequence numbers that carry their shard,
// iterators and tokens that expire, retention, resharding, throttling per
// shard, partial PutRecords failures, and the service's error codes and
// messages. SubscribeToShard is an event stream, pushed as records arrive. Of
// the Security Token Service it has AssumeRole and GetCallerIdentity, at the
// same address. It keeps everything in memory and is right under any number of
// concurrent clients. Its clock can be moved by the process that owns it.
//
// It does not promise durability, permissions (any credentials are
// accepted, those of a role until they expire), encryption (the type is
// remembered and reported, nothing is encrypted), regions (a stream answers in
// whichever region the request was signed for), or CBOR.
//
// The package is the other side of the wire: it imports nothing of kin, and
// kin's readers and writers share no code with it, so that no bug can hide on
// both sides. There is one file per API call; each opens with what the call
// does and what it leaves out.
package local

package manual

// tuningHelp is the text of `kin help tuning`.
const tuningHelp = `With the defaults two readers share a stream within its limits. All readers of a
shard together get 5 fetches and 2 MB a second. The service's MB/s are MiB/s
(2^20 bytes).

MORE READERS
  Let each reader take less: --max-fetch-rate 0.5 --min-fetch-period 1s. Or read
  through a stream consumer with --efo. It has 2 MB a second of each shard for
  itself, and AWS bills it.

LOW LATENCY
  kin tail waits at most 200ms for more records, and kin read 10s. Both print at
  once when every shard is at its tip. --low-latency fetches every 210ms and up
  to 2 MB a second; use it only if nothing else reads the stream. With --efo
  records arrive within milliseconds, even if others read the stream.

  A run with --available-now and a short --max-fetch-duration may fail to keep
  up with the newest records.

RATE LIMITS
  "Hit rate limit. Sleeping for 5 seconds." means that a shard refused a fetch.
  kin then asks the shard for half as many records, and for more after each
  success. It reads the other shards meanwhile. For some minutes it fetches that
  shard at most once every 600ms, which leaves room for another reader.

  This is normal while a run catches up. If the message keeps appearing, another
  consumer reads the stream too: lower --max-fetch-rate, raise
  --min-fetch-period, or add shards.

THROUGHPUT
  kin fetches all shards in parallel, each at --max-fetch-rate, while it writes
  the last batch. --tasks limits how many shards it fetches at a time. With
  fewer tasks than a fifth of the shards (--shards-per-task 5), shards take
  turns, and each is read more slowly.

MEMORY
  --fetch-buffer-size limits the data that was fetched and not yet written. When
  stdout or --exec is slow, the buffer fills, and kin stops fetching until there
  is room. It drops nothing, and writes nothing to disk. A larger buffer helps
  against bursts, not against a slow output.

  kin has at most this much in memory, plus 30 % and 40 MB. If the printed line
  of one record is larger than the buffer, the line's size counts instead. A
  record of 10 MiB of control characters becomes a line of 63 MB, and kin then
  has up to 123 MB.

A BOUND IN TIME
  --available-now and --to compare the arrival times of records, which are not
  in strict order. kin prints a shard up to its last record within the bound. It
  also prints a record that arrived later if a record within the bound follows
  it: a checkpoint has one position for each shard, and the next run starts
  there.

  kin stops reading a shard when the service shows that the shard is beyond the
  bound: by an empty answer, or by two answers in a row that have only later
  records. The next run reads the later records. A shard that was closed before
  the bound is read to its end.

A RUN THAT READS NOTHING
  --available-now reads what is there when the run starts, from the checkpoint
  or from --from. From latest, there is nothing to read.`

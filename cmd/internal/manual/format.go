package manual

// formatHelp is the text of `kin help format`.
const formatHelp = `kin read prints one JSON object on a line, and so does kin tail in a pipe. Its
members always have this order, and the line has no line break inside:

  stream                       the stream's name
  shardId
  sequenceNumber               a decimal number as a string: it has more digits
                               than a double
  subSequenceNumber            the index in a KPL aggregate; only for a record
                               of an aggregate
  partitionKey
  explicitHashKey              only for a record of a KPL aggregate: the service
                               does not return it for other records
  approximateArrivalTimestamp  RFC 3339, UTC, milliseconds
  dataEncoding                 the form of data: json, text or base64
  data                         the payload

PAYLOADS
  --data auto is the default. It prints a payload that is a JSON object or array
  in valid UTF-8 as it was written (json); it removes only line breaks. Other
  valid UTF-8 is a string (text), and so are scalars of JSON. Anything else is
  base64. kin embeds only JSON that strict parsers accept: no half of a
  surrogate pair, no number outside of the range of a double, and at most 254
  levels of nesting, the limit of jq 1.6. An object counts as two levels.

  --data json, text or base64 prints every payload in one form. A payload that
  does not fit ends the run (exit 1). The message names its shard and sequence
  number.

AGGREGATES
  kin prints each record of an aggregate of the Kinesis Producer Library (KPL),
  and drops none. --no-deaggregate prints aggregates as they are.

  After a split or a merge, an aggregate can be in the wrong shard for some of
  its records. KPL producers send these records again, and kin prints both.
  --hash-filter drops each record whose hash key is outside of its shard's
  range, and reports how many. Use it only if KPL producers alone write to the
  stream: other producers do not send these records again, so the filter would
  lose them. kin refuses it for a stream with the RecordDistributionStrategy
  AUTO (exit 2). --no-hash-filter is the default.

  If Kinesis would not accept the partition key of a record in an aggregate, kin
  prints the aggregate's key and reports that. An aggregate that expands to more
  than 64 MiB and more than 256 times its size is printed as one record.

BACK INTO A STREAM
  kin write --input records reads these lines. With --data base64 every byte
  survives the round trip.`

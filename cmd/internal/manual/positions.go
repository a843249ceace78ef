package manual

// positionsHelp is the text of `kin help positions`.
const positionsHelp = `A position is where kin starts to read a stream, or where it stops.

  latest                 what arrives from now on
  trim_horizon           the oldest record that the stream retains
  earliest               the same as trim_horizon
  2026-11-22T10:00:00Z   the first record that arrived at this time or later
  15m                    the first record that arrived in the last 15 minutes
  SHARD:SEQUENCE         one record, by shard ID and sequence number
  {"at_timestamp": ...}  a time, as the Databricks connector writes it

FLAGS
  --from of kin read, tail, copy and lag takes all of these, and so does --to of
  kin checkpoint reset. --initial-position is the connector's name for --from.
  --to of kin read, tail and copy, and --at of kin shards, take only times and
  ages, the connector's JSON included.

    kin read orders --from trim_horizon --available-now
    kin tail orders --from latest
    kin copy orders orders-test --from 1d --to 0s

A TIME
  Write a time in the form of RFC 3339: date, T, time and zone. The zone is Z
  for UTC, or an offset. The zone is required. Seconds may have a fraction. A
  time to start at cannot be in the future; one to stop at can.

    kin read orders --from 2026-11-22T10:00:00Z --to 2026-11-22T11:30:00.5Z
    kin read orders --from 2026-11-22T12:00:00+02:00

AN AGE
  It is a number with a unit, or several: w, d, h, m, s, ms. 1d3h is 27 hours.
  It counts back from the service's time when the run starts, not from the
  clock of this machine. 0s is that time itself.

    kin read orders --from 15m
    kin read orders --from 1d3h --to 30m

A SEQUENCE NUMBER
  kin starts at the record with this number. It reads this record's shard and
  the shard's descendants, and no other shards. The run can have one stream
  only.

    kin read orders --from shardId-000000000000:4968064438904154

THE CONNECTOR'S FORM
  at_timestamp is the time. Without format, it is a time in the form of RFC
  3339, or in one of the two Java forms below. format is a pattern in the
  letters of Java's SimpleDateFormat. It has to name the date and the zone (z, Z
  or X). A zone is an offset, an ID such as Europe/Berlin, or an abbreviation
  such as PDT. kin refuses an abbreviation that means several zones, such as
  BST.

    kin read orders --from '{"at_timestamp": "06/25/2020 10:23:45 PDT"}'
    kin read orders --from '{"at_timestamp": "Thu Jun 25 10:23:45 PDT 2020"}'
    kin read orders --from '{"at_timestamp": "2020-06-25T10:23:45-07:00"}'
    kin read orders --from '{"at_timestamp": "25.06.2020 19:23 +0200",
      "format": "dd.MM.yyyy HH:mm Z"}'

WITH A CHECKPOINT
  A stream that the checkpoint has resumes from there; --from is not used, and
  kin reports that. --from applies to streams that the checkpoint does not have.
  kin checkpoint reset moves the positions of a checkpoint.

Words such as latest can be in upper case. A position is compared with arrival
times, which the service gives to records; they are not in strict order within a
shard (kin help tuning).`

// Usage: node subscribe.mjs STREAM COUNT
//
// Reads a stream by enhanced fan-out with AWS's SDK for JavaScript. scripts/subscribe
// does the same with AWS's SDK for Go.
//
// It registers a consumer and subscribes to every shard from its start. When a shard
// ends, it subscribes to the children. After COUNT records it removes the consumer. It
// renews a broken subscription after 5 seconds.
//
// It prints shard, sequence number and payload of each record. On stderr it prints the
// number of records and shards, the protocol and the errors in streams. The SDK uses
// only HTTP/2: with prior knowledge for an http endpoint, with ALPN for an https one.
import { setTimeout as wait } from 'node:timers/promises'
import {
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand
} from '@aws-sdk/client-kinesis'

const subscribeInterval = 5100 // ms from a successful call to the next one
const patience = setTimeout(() => {
  console.error(`subscribe.mjs: ${remaining} records are missing after a minute`)
  process.exit(1)
}, 60_000)

const stream = process.argv[2]
const count = Number(process.argv[3])
const client = new KinesisClient({ maxAttempts: 1 })
const shards = new Map() // by ID: whether it has ended
const codes = [] // error codes in streams
let remaining = count
let done
const complete = new Promise((resolve) => { done = resolve })

const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName: stream }))
const StreamARN = summary.StreamDescriptionSummary.StreamARN
const made = await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'subscribe-js' }))
const ConsumerARN = made.Consumer.ConsumerARN
for (let status = 'CREATING'; status !== 'ACTIVE'; await wait(100)) {
  const described = await client.send(new DescribeStreamConsumerCommand({ ConsumerARN }))
  status = described.ConsumerDescription.ConsumerStatus
}
const listed = await client.send(new ListShardsCommand({ StreamName: stream }))
for (const shard of listed.Shards) begin(shard.ShardId)
await complete
console.error(`${count} records of ${shards.size} shards over ${client.config.requestHandler.metadata.handlerProtocol}, errors in a stream: [${codes.join(' ')}]`)
await client.send(new DeregisterStreamConsumerCommand({ ConsumerARN }))
clearTimeout(patience)
process.exit(0) // the streams are still open

function begin (id) {
  if (shards.has(id) || remaining <= 0) return
  shards.set(id, false)
  read(id).then((children) => {
    shards.set(id, true)
    for (const child of children) {
      if (child.ParentShards.every((parent) => shards.get(parent))) begin(child.ShardId)
    }
  }).catch((err) => {
    if (remaining <= 0) return // the consumer was removed
    console.error(`subscribe.mjs: ${id}:`, err)
    process.exit(1)
  })
}

// read opens one subscription after another until the shard ends. It returns the children.
async function read (ShardId) {
  let StartingPosition = { Type: 'TRIM_HORIZON' }
  for (;;) {
    const began = Date.now()
    const answer = await client.send(new SubscribeToShardCommand({ ConsumerARN, ShardId, StartingPosition }))
    try {
      for await (const { SubscribeToShardEvent: event } of answer.EventStream) {
        print(ShardId, event)
        if (event.ContinuationSequenceNumber === undefined) return event.ChildShards
        StartingPosition = { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: event.ContinuationSequenceNumber }
      }
    } catch (err) {
      if (err.$fault === undefined) throw err // not an error of the service
      codes.push(err.name)
    }
    await wait(began + subscribeInterval - Date.now())
  }
}

function print (id, event) {
  if (event.MillisBehindLatest === undefined || (event.ContinuationSequenceNumber === undefined && !(event.ChildShards?.length > 0))) {
    throw new Error(`event without a required member: ${JSON.stringify(event)}`)
  }
  const decoder = new TextDecoder()
  for (const r of event.Records) {
    process.stdout.write(`${id} ${r.SequenceNumber} ${decoder.decode(r.Data)}\n`)
    remaining--
  }
  if (remaining <= 0) done()
}

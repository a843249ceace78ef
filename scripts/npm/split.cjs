// Usage: kin read STREAM --no-deaggregate --data base64 ... | node split.cjs
//
// Expands aggregates of the Kinesis Producer Library with aws-kinesis-agg, which shares
// no code with kin. It prints KEY:PAYLOAD of each user record, one a line. On stderr it
// prints the number of aggregates.
'use strict'

const readline = require('node:readline')
const { deaggregateSync } = require('aws-kinesis-agg')

const magic = Buffer.from([0xf3, 0x89, 0x9a, 0xc2])

async function main () {
  let aggregates = 0
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const record = JSON.parse(line)
    const data = Buffer.from(record.data, 'base64')
    if (!data.subarray(0, magic.length).equals(magic)) {
      console.log(`${record.partitionKey}:${data}`)
      continue
    }
    aggregates++
    const kinesis = { partitionKey: record.partitionKey, sequenceNumber: record.sequenceNumber, data: record.data }
    deaggregateSync(kinesis, true, (err, users) => {
      if (err) throw err
      for (const user of users) {
        console.log(`${user.partitionKey}:${Buffer.from(user.data, 'base64')}`)
      }
    })
  }
  console.error(aggregates)
}

main()

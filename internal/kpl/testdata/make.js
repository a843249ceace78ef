// Makes the aggregates of this folder with AWS's own module, and vectors.json,
// which says what is in them:
//
//   npm install --no-package-lock --ignore-scripts && npm run make
//
// Each aggregate is read back with the module before it is written. The output
// is the same on every run.
'use strict'

const assert = require('node:assert')
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const aggregation = require('aws-kinesis-agg')

const letters = 'abcdefghij'
const middle = 1n << 127n

// user is one user record. The module keeps its tables in objects, which put
// keys that look like small numbers first: keys here begin with a letter.
const user = (partitionKey, data, explicitHashKey) => ({ partitionKey, data: Buffer.from(data), explicitHashKey })

const hash = (key) => BigInt('0x' + crypto.createHash('md5').update(key).digest('hex'))

// keys returns n partition keys whose hash is in the lower or the upper half
// of the hash key space.
const keys = (n, lower) => {
  const found = []
  for (let i = 0; found.length < n; i++) {
    const key = 'k' + i
    if (hash(key) < middle === lower) found.push(key)
  }
  return found
}

const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
const [lower, upper] = [keys(5, true), keys(5, false)]

const vectors = {
  // Ten records of one key.
  ten: [...letters].map((c, i) => user('k', `{"n":${i}}`)),
  // Ten records, turn by turn of the lower and the upper half.
  mixed: Array.from({ length: 10 }, (_, i) => user((i % 2 ? upper : lower)[i >> 1], `mixed ${i}`)),
  // Ten records of the upper half.
  upper: Array.from({ length: 10 }, (_, i) => user(upper[i % 5], `upper ${i}`)),
  // Explicit hash keys: the lowest, the highest, the two in the middle, and
  // records without one among them.
  hashkeys: [
    user('a', 'lowest', '0'),
    user('a', 'highest', String((1n << 128n) - 1n)),
    user('b', 'below the middle', String(middle - 1n)),
    user('c', 'at the middle', String(middle)),
    user('b', 'none'),
    user('c', 'the lowest again', '0')
  ],
  // One record, which AWS's producer would put without an aggregate.
  one: [user('alone', 'one')],
  // Payloads and keys of all kinds.
  kinds: [
    user('text', 'plain'),
    user('schlüssel 🔑', 'grüße'),
    user('json', '{"a": [1, 2]}'),
    user('bytes', all),
    user('long', 'x'.repeat(20000)),
    user('z'.repeat(256), 'the longest key'),
    user('empty', '')
  ],
  // An aggregate inside an aggregate is the payload of a record.
  nested: [user('outer', 'before'), user('inner', build([user('deep', 'a'), user('deep', 'b')])), user('outer', 'after')],
  // As full as AWS's producer makes them.
  full: Array.from({ length: 500 }, (_, i) => user(`order-${i % 50}`, JSON.stringify({ order: i, amount: (i * 7919) % 1000, note: 'abcdefgh'.repeat(5) })))
}

// build aggregates records.
function build (records) {
  const aggregator = new aggregation.RecordAggregator()
  for (const r of records) aggregator.addUserRecord(r)
  return aggregator.build().data
}

// readBack is what the module itself finds in a payload.
function readBack (payload) {
  let found
  aggregation.deaggregateSync({ data: payload.toString('base64'), sequenceNumber: '1' }, true, (err, records) => {
    if (err) throw err
    found = records
  })
  return found
}

const said = []
for (const [name, records] of Object.entries(vectors)) {
  const payload = build(records)
  const want = records.map((r) => ({ partitionKey: r.partitionKey, explicitHashKey: r.explicitHashKey, data: r.data.toString('base64') }))
  assert.deepStrictEqual(readBack(payload).map((r) => r.data), want.map((r) => r.data), name)
  assert.deepStrictEqual(readBack(payload).map((r) => r.partitionKey), want.map((r) => r.partitionKey), name)
  fs.writeFileSync(path.join(__dirname, name + '.bin'), payload)
  said.push({ name, records: want })
}
fs.writeFileSync(path.join(__dirname, 'vectors.json'), '[\n' + said.map((v) => JSON.stringify(v)).join(',\n') + '\n]\n')

// Loaded with `node --require` before a server that listens on a fixed port of all
// addresses of the machine. With it the server listens on a free port of loopback
// and prints a line on stdout:
//
//   listening on 127.0.0.1:41234 instead of 4567
'use strict'

const net = require('node:net')

const listen = net.Server.prototype.listen

net.Server.prototype.listen = function (first, ...rest) {
  const callback = rest.find((argument) => typeof argument === 'function')
  const wanted = typeof first === 'object' && first !== null ? first.port : first
  this.once('listening', () => {
    process.stdout.write(`listening on 127.0.0.1:${this.address().port} instead of ${wanted}\n`)
  })
  return listen.call(this, { port: 0, host: '127.0.0.1' }, callback)
}

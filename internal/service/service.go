// Package service is what kin's packages share about calls of the service: which
// class of failure an error is, how long one attempt may last, when the next one is
// made, and what a person hears of calls that keep failing.
//
// It decides nothing about a class: what is retried, and what ends a run, is for
// those who make the call.
package service

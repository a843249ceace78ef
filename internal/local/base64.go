package local

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
)

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// base64Pairs has the two base64 digits of each 12-bit number, the first in the low byte.
var base64Pairs = func() (pairs [1 << 12]uint16) {
	for i := range pairs {
		pairs[i] = uint16(base64Digits[i>>6]) | uint16(base64Digits[i&63])<<8
	}
	return pairs
}()

// appendBase64 is base64.StdEncoding.AppendEncode in half the time: it encodes six bytes at
// once. Most of the time for a GetRecords response is spent here.
func appendBase64(dst, src []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, base64.StdEncoding.EncodedLen(len(src)))
	out := dst[n:cap(dst)]
	i, o := 0, 0
	for ; i+8 <= len(src); i, o = i+6, o+8 {
		v := binary.BigEndian.Uint64(src[i:]) >> 16
		binary.LittleEndian.PutUint64(out[o:],
			uint64(base64Pairs[v>>36])|uint64(base64Pairs[v>>24&0xfff])<<16|
				uint64(base64Pairs[v>>12&0xfff])<<32|uint64(base64Pairs[v&0xfff])<<48)
	}
	return base64.StdEncoding.AppendEncode(dst[:n+o], src[i:])
}

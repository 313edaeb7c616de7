package monitor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// keyed returns the fingerprint that is stored of a request. Without the key nobody can
// find out by trying whether a request with some password had it.
func keyed(key []byte, fingerprint string) string {
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(fingerprint))
	return hex.EncodeToString(sum.Sum(nil))
}

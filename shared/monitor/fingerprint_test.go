package monitor_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"kubejobs/shared/monitor"
)

// fingerprintKey is the key of the state Redis with the key of the fingerprints.
const fingerprintKey = "monitor:fingerprint-key"

// keyed returns the fingerprint that is stored for a request's, "" if there is no key yet.
func (b *bench) keyed(fingerprint string) string {
	b.t.Helper()
	key, err := b.store.FingerprintKey(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(fingerprint))
	return hex.EncodeToString(sum.Sum(nil))
}

// Every instance stores the same fingerprint for equal requests, and no instance stores
// one that can be computed from the request.
func TestFingerprintIsKeyed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(half, nil)
	b.start("a")
	b.build(nil) // another instance
	b.start("a")
	other := request("a")
	other.Fingerprint = "g"
	if _, err := b.service.Start(t.Context(), other); !errors.Is(err, monitor.ErrOtherRequest) {
		t.Errorf("another request: %v, want %v", err, monitor.ErrOtherRequest)
	}
	record, err := b.store.Load(t.Context(), "a", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := record.Spec.Fingerprint; got != b.keyed("f") || len(got) != 64 {
		t.Errorf("fingerprint %q, want the keyed one", got)
	}
	if got := b.redis.HGet("monitor:{a}:state", "fingerprint"); got != record.Spec.Fingerprint {
		t.Errorf("stored beside the spec: %q, want the keyed one", got)
	}
}

// A state Redis that lost the key, and not the job, refuses a repeated start of it.
func TestLostFingerprintKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.queue.Set(half, nil)
	b.start("a")
	b.redis.Del(fingerprintKey)
	if _, err := b.service.Start(t.Context(), request("a")); !errors.Is(err, monitor.ErrOtherRequest) {
		t.Errorf("a repeated start: %v, want %v", err, monitor.ErrOtherRequest)
	}
	b.start("b")
	b.start("b")
}

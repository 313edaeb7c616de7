package monitortest

import (
	"bytes"
	"sync"
	"testing"

	"kubejobs/shared/monitor"
)

// testFingerprintKey asks for the key from several goroutines: all get the same one.
func testFingerprintKey(t *testing.T, store monitor.Store) {
	t.Helper()
	keys := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			key, err := store.FingerprintKey(t.Context())
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	all.Wait()
	for _, key := range keys {
		if len(key) != 32 || !bytes.Equal(key, keys[0]) {
			t.Errorf("key %x, want 32 bytes, and those of %x", key, keys[0])
		}
	}
}

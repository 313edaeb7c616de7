package tickbatch_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/tickbatch"
	"kubejobs/shared/monitor"
)

// Whatever a signed body says, it is refused or it is a batch within bounds.
func FuzzOpen(f *testing.F) {
	f.Add(`{"instant":1795521600000,"sent":1795521600000,"due":[{"app_id":"a","life":1}]}`, true)
	f.Add(`{"instant":-1,"sent":1795521600000,"due":[{"app_id":"../a","life":-1}]}`, true)
	f.Add(`{"instant":1e400,"due":null}`, true)
	f.Add(`{}`, false)
	f.Fuzz(func(t *testing.T, body string, honest bool) {
		code := hmac.New(sha256.New, []byte("k"))
		code.Write([]byte(body))
		signature := hex.EncodeToString(code.Sum(nil))
		if !honest {
			signature = hex.EncodeToString(make([]byte, sha256.Size))
		}
		got, err := tickbatch.Open(t.Context(), key("k"), []byte(body), signature, noon)
		if err != nil {
			return
		}
		if !honest || len(got.Due) > monitor.MaxBatch || got.Instant.Location() != time.UTC {
			t.Errorf("opened %+v, signed by its sender: %t", got, honest)
		}
		for _, due := range got.Due {
			if _, err := job.ParseID(string(due.ID)); err != nil || due.Life < 0 {
				t.Errorf("%+v was taken", due)
			}
		}
	})
}

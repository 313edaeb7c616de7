package batchjob_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/batchjob"
)

// A Job is refused, or what is read of it may be stored and shown.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"metadata":{"name":"a","namespace":"b","resourceVersion":"7"},"status":{"active":2}}`,
		`{"metadata":{"name":"a","resourceVersion":"18446744073709551615"},"spec":{"suspend":true},"status":{"active":-1,"succeeded":1}}`,
		`{"metadata":{"name":"a","resourceVersion":"1"},"status":{"conditions":[{"type":"Failed","status":"True","reason":"\u001b[31m\u202e"},{"type":"Complete","status":"False"}]}}`,
		`{"metadata":{"name":"A","resourceVersion":"1"}}`, `{"metadata":{"name":"a","resourceVersion":"-1"}}`, "null", "[]", "{", `{"status":{"active":1e99}}`,
		`{"metadata":{"name":"a","resourceVersion":"1"},"status":{"conditions":[{"type":"Complete","status":"True"},null]}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		namespace, id, status, version, err := batchjob.Parse(text)
		if err != nil {
			if namespace != "" || id != "" || status != (job.KubeStatus{}) || version != 0 {
				t.Errorf("%q, %q, %+v, %d beside %v", namespace, id, status, version, err)
			}
			return
		}
		if _, err := job.ParseID(string(id)); err != nil {
			t.Error(err)
		}
		if status.Active < 0 || failure.Clean(status.Reason) != status.Reason || status.Active > 0 && !status.Started || status.Gone || status.Saved != 0 {
			t.Errorf("%q is read as %+v", text, status)
		}
		stored, err := json.Marshal(status)
		if err != nil {
			t.Fatal(err)
		}
		var again job.KubeStatus
		if err := json.Unmarshal(stored, &again); err != nil || !cmp.Equal(again, status) {
			t.Errorf("%s is read back as %+v, %v", stored, again, err)
		}
		if (status.Complete || status.Failed) && !strings.Contains(strings.ToLower(string(text)), "conditions") && !strings.Contains(string(text), `\u`) {
			t.Errorf("%q has no condition, and is read as %+v", text, status)
		}
	})
}

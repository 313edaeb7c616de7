package batchjob_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/batchjob"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spec, status string
		want         job.KubeStatus
	}{
		"created":           {`{}`, `{}`, job.KubeStatus{}},
		"only a start time": {`{}`, `{"startTime":"2026-11-24T05:41:07Z"}`, job.KubeStatus{}},
		"running pods":      {`{}`, `{"active":3,"ready":1}`, job.KubeStatus{Active: 3, Started: true}},
		"some pods done":    {`{}`, `{"active":1,"succeeded":2}`, job.KubeStatus{Active: 1, Started: true}},
		"between two pods":  {`{}`, `{"failed":1}`, job.KubeStatus{Started: true}},
		"suspended":         {`{"suspend":true}`, `{"conditions":[{"type":"Suspended","status":"True"}]}`, job.KubeStatus{Suspended: true}},
		"complete": {
			`{}`, `{"succeeded":3,"conditions":[{"type":"SuccessCriteriaMet","status":"True"},{"type":"Complete","status":"True"}]}`,
			job.KubeStatus{Started: true, Complete: true},
		},
		"no longer complete": {`{}`, `{"active":1,"conditions":[{"type":"Complete","status":"False"}]}`, job.KubeStatus{Active: 1, Started: true}},
		"failed": {
			`{}`, `{"failed":4,"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}]}`,
			job.KubeStatus{Started: true, Failed: true, Reason: "BackoffLimitExceeded"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace, id, status, version, err := batchjob.Parse([]byte(
				`{"metadata":{"name":"kj-1","namespace":"batch","resourceVersion":"42"},"spec":` + tt.spec + `,"status":` + tt.status + `}`))
			if err != nil || namespace != "batch" || id != "kj-1" || version != 42 {
				t.Fatalf("Parse = %s/%s at %d, %v, want batch/kj-1 at 42", namespace, id, version, err)
			}
			if diff := cmp.Diff(tt.want, status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		kind failure.Kind
	}{
		"not JSON":                 {`{`, failure.KindInternal},
		"no name":                  {`{"metadata":{"resourceVersion":"1"}}`, failure.KindInvalid},
		"a name that is not an id": {`{"metadata":{"name":"a.b","resourceVersion":"1"}}`, failure.KindInvalid},
		"no version":               {`{"metadata":{"name":"a"}}`, failure.KindInternal},
		"a text as a number":       {`{"metadata":{"name":"a","resourceVersion":"1"},"status":{"active":"x"}}`, failure.KindInternal},
	}
	for name, tt := range tests {
		if _, _, status, _, err := batchjob.Parse([]byte(tt.text)); err == nil || failure.KindOf(err) != tt.kind {
			t.Errorf("%s: Parse = %+v, %v, want an error of kind %q", name, status, err, tt.kind)
		}
	}
}

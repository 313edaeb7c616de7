package pingsource_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/testkit/monitortest"
)

func TestBuild(t *testing.T) {
	t.Parallel()
	const common = `"apiVersion": "sources.knative.dev/v1", "kind": "PingSource"`
	const labels = `"labels": {
		"app.kubernetes.io/name": "kubejobs", "app.kubernetes.io/instance": "kj-abc1234", "app.kubernetes.io/component": "tick",
		"app.kubernetes.io/part-of": "kubejobs", "app.kubernetes.io/managed-by": "kubejobs"}`
	const rest = `"schedule": "*/2 * * * * *", "contentType": "application/json", "data": "{\"app_id\":\"kj-abc1234\"}"`
	tests := map[string]struct {
		sink  string
		owner *pingsource.Owner
		want  string
	}{
		"a Knative Service": {"ksvc/tick", nil, `{` + common + `,
			"metadata": {"name": "kubejobs-kj-abc1234", "namespace": "ticks", ` + labels + `},
			"spec": {"sink": {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "tick", "namespace": "ticks"}}, ` + rest + `}}`},
		"a Knative Service and a path": {"ksvc/all/tick", nil, `{` + common + `,
			"metadata": {"name": "kubejobs-kj-abc1234", "namespace": "ticks", ` + labels + `},
			"spec": {"sink": {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "all", "namespace": "ticks"}, "uri": "/tick"}, ` + rest + `}}`},
		"a URL, with an owner": {"http://10.1.2.3:8080/", &pingsource.Owner{Name: "kj-abc1234", UID: "6c1f"}, `{` + common + `,
			"metadata": {"name": "kubejobs-kj-abc1234", "namespace": "ticks", ` + labels + `,
				"ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "kj-abc1234", "uid": "6c1f"}]},
			"spec": {"sink": {"uri": "http://10.1.2.3:8080/"}, ` + rest + `}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink, err := pingsource.ParseSink(tt.sink, "ticks")
			if err != nil {
				t.Fatal(err)
			}
			source, err := pingsource.Build(monitortest.Spec("kj-abc1234", "f"), "ticks", sink, tt.owner)
			if err != nil {
				t.Fatal(err)
			}
			if err := sink.Validate(t.Context()); err != nil {
				t.Errorf("Knative rejects the sink: %v", err)
			}
			text, err := json.Marshal(source)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := errors.Join(json.Unmarshal(text, &got), json.Unmarshal([]byte(tt.want), &want)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("PingSource (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseSinkRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "tick", "ksvc/", "ksvc/Tick", "/tick", "http://", "ksvc/../x"} {
		if got, err := pingsource.ParseSink(text, "ns"); err == nil {
			t.Errorf("ParseSink(%q) = %+v, want an error", text, got)
		}
	}
}

// The sweep reads jobs and PingSources side by side, so both must have the same
// order.
func TestNamesSortLikeIDs(t *testing.T) {
	t.Parallel()
	ids := []job.ID{"0", "a", "a-0", "a0", "ab", "b"}
	for i := 1; i < len(ids); i++ {
		if pingsource.Name(ids[i-1]) >= pingsource.Name(ids[i]) {
			t.Errorf("%q does not sort before %q", pingsource.Name(ids[i-1]), pingsource.Name(ids[i]))
		}
	}
}

package pingsource_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/monitortest"
)

func TestBuild(t *testing.T) {
	t.Parallel()
	const common = `"apiVersion": "sources.knative.dev/v1", "kind": "PingSource"`
	const labels = `"labels": {
		"app.kubernetes.io/name": "kubejobs", "app.kubernetes.io/instance": "kj-abc1234", "app.kubernetes.io/component": "tick",
		"app.kubernetes.io/part-of": "kubejobs", "app.kubernetes.io/managed-by": "kubejobs"}`
	const rest = `"schedule": "*/2 * * * * *", "contentType": "application/json", "data": "{\"app_id\":\"kj-abc1234\",\"life\":1795498867000}"`
	tests := map[string]struct {
		sink  string
		owner *pingsource.Owner
		want  string
	}{
		"a Knative Service": {"ksvc/tick", nil, `{` + common + `,
			"metadata": {"name": "kubejobs-kj-abc1234.mwu9o0fs", "namespace": "ticks", ` + labels + `},
			"spec": {"sink": {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "tick", "namespace": "ticks"}}, ` + rest + `}}`},
		"a Knative Service and a path": {"ksvc/all/tick", nil, `{` + common + `,
			"metadata": {"name": "kubejobs-kj-abc1234.mwu9o0fs", "namespace": "ticks", ` + labels + `},
			"spec": {"sink": {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "all", "namespace": "ticks"}, "uri": "/tick"}, ` + rest + `}}`},
		"a URL, with an owner": {"http://10.1.2.3:8080/", &pingsource.Owner{Name: "kj-abc1234", UID: "6c1f"}, `{` + common + `,
			"metadata": {"name": "kubejobs-kj-abc1234.mwu9o0fs", "namespace": "ticks", ` + labels + `,
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
			isKnatives(t, sink)
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

// isKnatives checks that Knative's own type holds all of a sink, and that it is valid.
func isKnatives(t *testing.T, sink pingsource.Destination) {
	t.Helper()
	text, err := json.Marshal(sink)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var knatives duckv1.Destination
	if err := decoder.Decode(&knatives); err != nil {
		t.Fatal(err)
	}
	if err := knatives.Validate(t.Context()); err != nil {
		t.Errorf("Knative rejects the sink: %v", err)
	}
	again, err := json.Marshal(knatives)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(again)); diff != "" {
		t.Errorf("as Knative writes it (-ours +Knative's):\n%s", diff)
	}
}

func TestParseSinkRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "tick", "ksvc/", "ksvc/Tick", "/tick", "http://", "ksvc/../x", strings.Repeat("\x01", 90), "ksvc/" + strings.Repeat("\u202e", 90)} {
		if got, err := pingsource.ParseSink(text, "ns"); err == nil || len(err.Error()) > 200 {
			t.Errorf("ParseSink(%q) = %+v, %v, want an error that is short", text, got, err)
		}
	}
}

// The API server lists PingSources by name. That is the order of the store's list,
// whatever the lives, as the sweep reads both side by side.
func TestNamesSortLikeTheStore(t *testing.T) {
	t.Parallel()
	ids := []job.ID{"0", "a-0", "a", "a0", "ab", "b"}
	for i := 1; i < len(ids); i++ {
		if monitor.ListOrder(ids[i-1]) >= monitor.ListOrder(ids[i]) {
			t.Errorf("%q does not sort before %q in the store", ids[i-1], ids[i])
		}
		for _, lives := range [][2]int64{{1, 1}, {1, 1795498867000}, {1795498867000, 1}} {
			before, after := pingsource.Name(ids[i-1], lives[0]), pingsource.Name(ids[i], lives[1])
			if before >= after {
				t.Errorf("%q does not sort before %q", before, after)
			}
		}
	}
}

// Each life has its own name, which Kubernetes accepts.
// A life that is written in another way is not ours: Unschedule would not find it.
func TestListReadsNames(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		name string
		want []monitor.Scheduled
	}{
		"a life":                {"kubejobs-a.mwu9o0fs", []monitor.Scheduled{{ID: "a", Life: 1795498867000}}},
		"none":                  {"kubejobs-a", []monitor.Scheduled{{ID: "a"}}},
		"zeros before the life": {"kubejobs-a.00mwu9o0fs", []monitor.Scheduled{}},
		"capitals":              {"kubejobs-a.MWU9O0FS", []monitor.Scheduled{}},
		"a sign":                {"kubejobs-a.+1", []monitor.Scheduled{}},
		"life 0":                {"kubejobs-a.0", []monitor.Scheduled{}},
		"another's":             {"a.mwu9o0fs", []monitor.Scheduled{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := `{"apiVersion":"sources.knative.dev/v1","kind":"PingSourceList","metadata":{},"items":[` +
				`{"apiVersion":"sources.knative.dev/v1","kind":"PingSource","metadata":{"name":"` + tt.name + `"}}]}`
			got, _, err := newScheduler(t, &replying{code: 200, body: []byte(body)}).List(t.Context(), "", 9)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("listed (-want +got): %v\n%s", err, diff)
			}
		})
	}
}

func TestNameOfALife(t *testing.T) {
	t.Parallel()
	longest := job.ID(strings.Repeat("a", 63))
	seen := map[string]bool{}
	for _, life := range []int64{0, 1, 1795498867000, 1795498867001, math.MaxInt64} {
		name := pingsource.Name(longest, life)
		if problems := validation.IsDNS1123Subdomain(name); len(problems) != 0 || seen[name] {
			t.Errorf("life %d: %q: %v, seen before: %t", life, name, problems, seen[name])
		}
		seen[name] = true
	}
	if got := pingsource.Name("a", 0); got != "kubejobs-a" {
		t.Errorf("without a life: %q, want the name of earlier versions", got)
	}
}

package cluster_test

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"kubejobs/tests/cluster/adapter"
)

// with sets a field of an object, or removes it if value is nil.
func with(object *unstructured.Unstructured, value any, path ...string) *unstructured.Unstructured {
	if value == nil {
		unstructured.RemoveNestedField(object.Object, path...)
	} else if err := unstructured.SetNestedField(object.Object, value, path...); err != nil {
		panic(err)
	}
	return object
}

func TestPingSourceIsValidated(t *testing.T) {
	t.Parallel()
	namespace := plane.Namespace(t)
	sink := []string{"spec", "sink"}
	tests := []struct {
		name string
		set  any
		path []string
		want string // part of the error; "": accepted
	}{
		{name: "unchanged"},
		{name: "five fields", set: "* * * * *", path: []string{"spec", "schedule"}},
		{name: "every two seconds", set: "*/2 * * * * *", path: []string{"spec", "schedule"}},
		{name: "a period that does not divide a minute", set: "*/7 * * * * *", path: []string{"spec", "schedule"}},
		{name: "descriptor", set: "@hourly", path: []string{"spec", "schedule"}},
		{name: "default schedule", path: []string{"spec", "schedule"}},
		{name: "four fields", set: "* * * *", path: []string{"spec", "schedule"}, want: "five or six fields"},
		{name: "every", set: "@every 2s", path: []string{"spec", "schedule"}, want: "unsupported descriptor"},
		{name: "data is a list", set: "[1]", path: []string{"spec", "data"}, want: "JSON object"},
		{name: "data on several lines", set: "{\n}\n", path: []string{"spec", "data"}},
		{name: "no data", path: []string{"spec", "data"}},
		{name: "data twice", set: "e30=", path: []string{"spec", "dataBase64"}, want: "got both"},
		{name: "time zone", set: "Europe/Oslo", path: []string{"spec", "timezone"}},
		{name: "extension", set: map[string]any{"job": "one"}, path: []string{"spec", "ceOverrides", "extensions"}},
		{
			name: "extension with underscore", set: map[string]any{"app_id": "one"},
			path: []string{"spec", "ceOverrides", "extensions"}, want: "letters and digits",
		},
		{name: "absolute uri", set: map[string]any{"uri": "http://127.0.0.1/tick"}, path: sink},
		{name: "relative uri without ref", set: map[string]any{"uri": "/tick"}, path: sink, want: "without ref"},
		{name: "no sink", path: sink, want: "Required value"},
		{name: "empty sink", set: map[string]any{}, path: sink, want: "at least one"},
		{name: "absolute uri and ref", set: "http://127.0.0.1/", path: []string{"spec", "sink", "uri"}, want: "beside ref"},
		{name: "ref without kind", path: []string{"spec", "sink", "ref", "kind"}, want: "Required value"},
		{name: "unknown field", set: "1s", path: []string{"spec", "interval"}, want: "unknown field"},
		{name: "unknown field of the sink", set: "x", path: []string{"spec", "sink", "host"}, want: "unknown field"},
		{name: "audience", set: "x", path: []string{"spec", "sink", "audience"}},
		{name: "wrong type", set: int64(2), path: []string{"spec", "schedule"}, want: "must be of type string"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source := pingSource(strings.ReplaceAll(test.name, " ", "-"))
			if test.path != nil {
				with(source, test.set, test.path...)
			}
			err := create(t, plane.Dynamic(), namespace, source)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestStatusIsASubresource(t *testing.T) {
	t.Parallel()
	namespace := plane.Namespace(t)
	sources := plane.Dynamic().Resource(adapter.PingSources).Namespace(namespace)
	source := with(pingSource("one"), "http://127.0.0.1/", "status", "sinkUri")
	if err := create(t, plane.Dynamic(), namespace, source); err != nil {
		t.Fatal(err)
	}
	got, err := sources.Get(t.Context(), "one", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if status, ok := got.Object["status"]; ok {
		t.Errorf("status of a new PingSource: got %v, want none", status)
	}
	got = with(with(got, "http://127.0.0.1/", "status", "sinkUri"), "@hourly", "spec", "schedule")
	got, err = sources.UpdateStatus(t.Context(), got, metav1.UpdateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	schedule, _, _ := unstructured.NestedString(got.Object, "spec", "schedule")
	uri, _, _ := unstructured.NestedString(got.Object, "status", "sinkUri")
	if schedule != "* * * * * *" || uri != "http://127.0.0.1/" {
		t.Errorf("after an update of the status: got %q and %q", schedule, uri)
	}
	got.SetResourceVersion("1")
	if _, err := sources.UpdateStatus(t.Context(), got, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("update of an old version: got %v, want a conflict", err)
	}
}

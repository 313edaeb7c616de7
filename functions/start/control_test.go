package start_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/core/job"
	"kubejobs/shared/testkit/failuretest"
)

// controlled is a request with a control.
func controlled(value string) string { return info(`"control":` + value) }

func TestControl(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want *job.Control
	}{
		"none":      {info(`"max_replicas":1`), nil},
		"null":      {controlled("null"), nil},
		"only on":   {controlled("{}"), &job.Control{}},
		"of nulls":  {controlled(`{"min_replicas":null,"confidence":null,"graceful":null,"actuator":null,"target":null}`), &job.Control{}},
		"a minimum": {controlled(`{"min_replicas":3}`), &job.Control{Min: 3}},
		"everything": {
			controlled(`{"min_replicas":2,"max_replicas":10000,"confidence":0.999,"graceful":true,"actuator":"kubernetes",
				"target":{"kind":"StatefulSet","name":"workers.v1"}}`),
			&job.Control{
				Min: 2, Max: 10000, Confidence: .999, Graceful: true, Actuator: "kubernetes",
				Target: &job.Target{Kind: "StatefulSet", Name: "workers.v1"},
			},
		},
		"half a target": {controlled(`{"target":{"kind":"Deployment"}}`), &job.Control{Target: &job.Target{Kind: "Deployment"}}},
		"in Redis":      {controlled(`{"actuator":"redis","confidence":5e-1}`), &job.Control{Actuator: "redis", Confidence: .5}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, decode(t, tt.body).Control); diff != "" {
				t.Errorf("control (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrongControl(t *testing.T) {
	t.Parallel()
	const prefix = "plugin_info.control"
	tests := map[string]struct {
		body string
		want []string // without the prefix
	}{
		"a text":               {controlled(`"on"`), []string{""}},
		"a flag":               {controlled(`true`), []string{""}},
		"a list":               {controlled(`[]`), []string{""}},
		"no minimum":           {controlled(`{"min_replicas":0}`), []string{".min_replicas"}},
		"half a replica":       {controlled(`{"min_replicas":1.5}`), []string{".min_replicas"}},
		"a text as a number":   {controlled(`{"max_replicas":"20"}`), []string{".max_replicas"}},
		"too many":             {controlled(`{"max_replicas":10001}`), []string{".max_replicas"}},
		"a maximum under it":   {controlled(`{"min_replicas":3,"max_replicas":2}`), []string{".max_replicas"}},
		"certainty":            {controlled(`{"confidence":1}`), []string{".confidence"}},
		"a coin":               {controlled(`{"confidence":0.499}`), []string{".confidence"}},
		"percent":              {controlled(`{"confidence":90}`), []string{".confidence"}},
		"a text as confidence": {controlled(`{"confidence":"0.9"}`), []string{".confidence"}},
		"a huge confidence":    {controlled(`{"confidence":1e400}`), []string{".confidence"}},
		"grace as a number":    {controlled(`{"graceful":1}`), []string{".graceful"}},
		"another actuator":     {controlled(`{"actuator":"keda"}`), []string{".actuator"}},
		"an empty actuator":    {controlled(`{"actuator":""}`), []string{".actuator"}},
		"another kind":         {controlled(`{"target":{"kind":"ReplicaSet","name":"a"}}`), []string{".target.kind"}},
		"a kind in lower case": {controlled(`{"target":{"kind":"job"}}`), []string{".target.kind"}},
		"a name with a slash":  {controlled(`{"target":{"name":"a/b"}}`), []string{".target.name"}},
		"a name of points":     {controlled(`{"target":{"name":".."}}`), []string{".target.name"}},
		"a long name":          {controlled(`{"target":{"name":"` + strings.Repeat("a.", 127) + `"}}`), []string{".target.name"}},
		"a target as a text":   {controlled(`{"target":"Job"}`), []string{".target"}},
		"a target in Redis":    {controlled(`{"actuator":"redis","target":{"kind":"Job"}}`), []string{".target"}},
		"everything": {
			controlled(`{"min_replicas":-1,"max_replicas":[],"confidence":0,"graceful":"no","actuator":7,"target":{"kind":1,"name":2}}`),
			[]string{".min_replicas", ".max_replicas", ".confidence", ".graceful", ".actuator", ".target.kind", ".target.name"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := start.Decode("a", []byte(tt.body), rules())
			var want []string
			for _, field := range tt.want {
				want = append(want, prefix+field)
			}
			if diff := cmp.Diff(want, failuretest.Fields(t, err)); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

func TestUnknownFieldsOfControl(t *testing.T) {
	t.Parallel()
	_, got, err := start.Decode("a", []byte(controlled(`{"max_replica":3,"target":{"namespace":"x"},"expected_time":1}`)), rules())
	want := []string{
		"plugin_info.control.expected_time: unknown field, ignored here; it belongs in plugin_info",
		"plugin_info.control.max_replica: unknown field, ignored; is max_replicas meant?",
		"plugin_info.control.target.namespace: unknown field, ignored",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("warnings (-want +got), %v:\n%s", err, diff)
	}
}

func TestFingerprintOfControl(t *testing.T) {
	t.Parallel()
	first := controlled(`{"min_replicas":1,"actuator":"kubernetes","target":{"kind":"Job","name":"a"}}`)
	tests := map[string]struct {
		body string
		same bool
	}{
		"another spelling": {controlled(`{"target":{"name":"a","kind":"Job"},"graceful":false,"actuator":"kubernetes","min_replicas":1.0}`), true},
		"another actuator": {controlled(`{"min_replicas":1,"actuator":"redis"}`), false},
		"another kind":     {strings.Replace(first, "Job", "Deployment", 1), false},
		"another name":     {strings.Replace(first, `"a"`, `"b"`, 1), false},
		"another number":   {strings.Replace(first, `:1,`, `:2,`, 1), false},
		"graceful":         {strings.Replace(first, `{"min`, `{"graceful":true,"min`, 1), false},
		"none":             {info(`"control":null`), false},
	}
	want := decode(t, first).Fingerprint
	for name, tt := range tests {
		if got := decode(t, tt.body).Fingerprint; (got == want) != tt.same {
			t.Errorf("%s: same fingerprint = %t, want %t", name, got == want, tt.same)
		}
	}
}

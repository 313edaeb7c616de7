package functions_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kubejobs/shared/platform/auth"
	"kubejobs/shared/platform/config"
)

// tickAudience is the audience of the sources' tokens.
const tickAudience = "kubejobs-tick"

// tokenOf returns the token that a source of Knative sends, from the API server.
func (w *world) tokenOf(source auth.Source, audience string) string {
	w.t.Helper()
	_, account, _ := strings.Cut(strings.TrimPrefix(source.Subject(), "system:serviceaccount:"), ":")
	return w.plane.Token(w.t, source.Namespace, account, audience)
}

// With TICK_AUDIENCE, ticks, sweeps and events of Jobs count only with a token that the API
// server made for the service account of their source.
func TestSourcesProveTheirIdentity(t *testing.T) {
	t.Parallel()
	w := open(t, plane, unchanged, map[string]string{"TICK_AUDIENCE": tickAudience, "JOB_STATUS": "events"})
	w.start("mine", 3600)
	w.start("yours", 3600)
	object := w.source("mine")
	sink, _ := object.Object["spec"].(map[string]any)["sink"].(map[string]any)
	if sink["audience"] != tickAudience {
		t.Errorf("the PingSource has the sink %v, want the audience %s", sink, tickAudience)
	}
	mine := auth.Source{Kind: auth.PingSource, Namespace: w.ticks, Name: object.GetName()}
	yours := auth.Source{Kind: auth.PingSource, Namespace: w.ticks, Name: w.source("yours").GetName()}
	sweep := auth.Source{Kind: auth.PingSource, Namespace: w.ticks, Name: "sweep"}
	jobs := auth.Source{Kind: auth.APIServerSource, Namespace: w.batch, Name: "kubejobs-job-events"}
	elsewhere := mine
	elsewhere.Namespace = w.batch

	data, _ := object.Object["spec"].(map[string]any)["data"].(string)
	event := `{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"mine","namespace":"` + w.batch + `","resourceVersion":"7"},"status":{"active":1}}`
	calls := map[string]struct {
		unit, path, kind, body string
		source, other          auth.Source
	}{
		"tick":  {config.TargetTick, "/", "dev.knative.sources.ping", data, mine, yours},
		"sweep": {config.TargetSweep, "/", "dev.knative.sources.ping", "{}", sweep, mine},
		"jobs":  {config.TargetTick, "/jobs", "dev.knative.apiserver.resource.update", event, jobs, mine},
	}
	for name, call := range calls {
		for what, attempt := range map[string]struct {
			token string
			want  int
		}{
			"of its source":        {w.tokenOf(call.source, tickAudience), http.StatusOK},
			"of another source":    {w.tokenOf(call.other, tickAudience), http.StatusForbidden},
			"for the API server":   {w.tokenOf(call.source, ""), http.StatusUnauthorized},
			"in another namespace": {w.tokenOf(elsewhere, tickAudience), http.StatusForbidden},
			"none":                 {"", http.StatusUnauthorized},
		} {
			headers := []string{
				"Ce-Id", uuid.NewString(), "Ce-Specversion", "1.0", "Ce-Type", call.kind, "Ce-Source", "/apis/v1/namespaces/" + w.ticks + "/pingsources/kubejobs-mine",
			}
			if attempt.token != "" {
				headers = append(headers, "Authorization", "Bearer "+attempt.token)
			}
			if code, text := w.call(call.unit, http.MethodPost, call.path, call.body, headers...); code != attempt.want {
				t.Errorf("%s with the token %s: %d %s, want %d", name, what, code, text, attempt.want)
			}
		}
	}
	if got := w.status("mine").Ticks.Received; got != 1 {
		t.Errorf("%d ticks were received, want the one with the right token", got)
	}
}

package functions_test

import (
	"fmt"
	"net/http"

	"kubejobs/shared/platform/config"
)

// sendJobStatus sends the event of an ApiServerSource in mode Resource.
func (w *world) sendJobStatus(id, kind, status string, version int) {
	w.t.Helper()
	code, text := w.call(config.TargetTick, http.MethodPost, "/jobs", fmt.Sprintf(
		`{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":%q,"namespace":%q,"resourceVersion":"%d"},"status":%s}`,
		id, w.batch, version, status),
		"Ce-Id", fmt.Sprintf("%s-%d", id, version), "Ce-Specversion", "1.0", "Ce-Source", "https://10.0.0.1:443",
		"Ce-Type", "dev.knative.apiserver.resource."+kind)
	if code != http.StatusOK {
		w.t.Fatalf("job status of %s: %d %s, want 200", id, code, text)
	}
}

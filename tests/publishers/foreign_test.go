package publishers_test

import (
	"slices"
	"strings"
	"testing"
)

// A list of somebody else with the name of a job's sample list is not changed. The
// status of the job says why it has no samples there, and the job goes on.
func TestListOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := open(t, nil)
	w.Fill(6, 0, 0)
	if err := w.Jobs.RPush(t.Context(), "a:metrics", "theirs", "too").Err(); err != nil {
		t.Fatal(err)
	}
	start(w, "a", "")
	run(w, "a", 1, 5)
	if got := w.Jobs.LRange(t.Context(), "a:metrics", 0, -1).Val(); !slices.Equal(got, []string{"theirs", "too"}) {
		t.Errorf("the list holds %q, want what it held", got)
	}
	if got := w.Jobs.TTL(t.Context(), "a:metrics").Val(); got != -1 {
		t.Errorf("the list expires in %v, want never", got)
	}
	got := w.Status("a")
	list := got.Publishers["controller-list"]
	if !list.Failing || !strings.HasSuffix(list.LastError, "the list a:metrics belongs to somebody else") {
		t.Errorf("controller-list: %+v, want the reason", list)
	}
	if got.Phase != "running" {
		t.Errorf("the job is %s, want running", got.Phase)
	}
	w.Jobs.Del(t.Context(), "a:metrics")
	run(w, "a", 6, 7)
	if got := w.Published("a"); got != 2 || w.Status("a").Publishers["controller-list"].Failing {
		t.Errorf("%d samples after the list was removed, want 2 and no failure", got)
	}
}

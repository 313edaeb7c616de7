package pingsource_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/pingsource"
	"kubejobs/shared/testkit/monitortest"
)

// reply is an answer of a Kubernetes API server: a Status, or a text of somebody
// between.
type reply struct {
	code    int
	reason  string // "": the body is message, as it stands
	message string
	details string // JSON; "": none
}

func (r reply) write(w http.ResponseWriter) {
	if r.reason == "" {
		w.WriteHeader(r.code)
		_, _ = fmt.Fprint(w, r.message)
		return
	}
	details := r.details
	if details == "" {
		details = "null"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.code)
	_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":%q,"reason":%q,"details":%s,"code":%d}`,
		r.message, r.reason, details, r.code)
}

// scheduler returns a Scheduler whose API server answers everything so, and how
// many requests it got.
func scheduler(t *testing.T, r reply) (*pingsource.Scheduler, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		r.write(w)
	}))
	t.Cleanup(server.Close)
	client, err := dynamic.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return pingsource.New(client, "ticks", pingsource.Destination{}, nil), &requests
}

const none = failure.Kind("")

// kindOf returns the kind of an error, none for nil.
func kindOf(err error) failure.Kind {
	if err == nil {
		return none
	}
	return failure.KindOf(err)
}

// Of the answers 409 only one says that the schedule is there.
func TestScheduleReadsTheReason(t *testing.T) {
	t.Parallel()
	spec := monitortest.Spec("a", "f")
	name := pingsource.Name("a", spec.Life())
	about := func(kind, name string) string {
		return fmt.Sprintf(`{"name":%q,"group":"sources.knative.dev","kind":%q}`, name, kind)
	}
	own := about("pingsources", name)
	const exists = `pingsources.sources.knative.dev "x" already exists`
	tests := map[string]struct {
		reply reply
		want  failure.Kind
		text  string // part of the error's public text
	}{
		"it exists":                        {reply{409, "AlreadyExists", exists, own}, none, ""},
		"it exists, without details":       {reply{409, "AlreadyExists", exists, ""}, none, ""},
		"it is being deleted":              {reply{409, "AlreadyExists", "object is being deleted: " + exists, own}, failure.KindUnavailable, "deleted"},
		"another life's exists":            {reply{409, "AlreadyExists", exists, about("pingsources", pingsource.Name("a", 7))}, failure.KindUnavailable, ""},
		"a webhook's object exists":        {reply{409, "AlreadyExists", exists, about("configmaps", "lease")}, failure.KindUnavailable, ""},
		"a proxy's 409":                    {reply{409, "", "busy", ""}, failure.KindUnavailable, ""},
		"the quota changed meanwhile":      {reply{409, "Conflict", `Operation cannot be fulfilled on resourcequotas "q": the object has been modified`, about("resourcequotas", "q")}, failure.KindUnavailable, ""},
		"another conflict":                 {reply{409, "Conflict", "conflict", own}, failure.KindUnavailable, ""},
		"the quota is exceeded":            {reply{403, "Forbidden", `pingsources "x" is forbidden: exceeded quota: few, requested: count/pingsources=1, used: 3, limited: 3`, own}, failure.KindRefused, "exceeded quota: few, requested: count/pingsources=1, used: 3, limited: 3"},
		"no Role":                          {reply{403, "Forbidden", "User x cannot create", own}, failure.KindRefused, "by a Role"},
		"the namespace does not exist":     {reply{404, "NotFound", `namespaces "ticks" not found`, `{"name":"ticks","kind":"namespaces"}`}, failure.KindRefused, "namespace"},
		"PingSources do not exist":         {reply{404, "", "404 page not found", ""}, failure.KindRefused, "resource"},
		"a proxy that knows no such path":  {reply{410, "", "gone", ""}, failure.KindUnavailable, ""},
		"the object is invalid":            {reply{422, "Invalid", "spec.schedule: five or six fields", own}, failure.KindRefused, "invalid"},
		"the server is not ready":          {reply{503, "ServiceUnavailable", "starting", ""}, failure.KindUnavailable, ""},
		"the namespace is being deleted":   {reply{403, "Forbidden", "unable to create new content in namespace ticks because it is being terminated", own}, failure.KindRefused, ""},
		"too many requests":                {reply{429, "TooManyRequests", "later", ""}, failure.KindUnavailable, ""},
		"credentials that are not correct": {reply{401, "Unauthorized", "Unauthorized", ""}, failure.KindRefused, "credentials"},
	}
	for title, tt := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s, requests := scheduler(t, tt.reply)
			err := s.Schedule(t.Context(), spec)
			if kindOf(err) != tt.want || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Schedule = %v, want kind %q and %q", err, tt.want, tt.text)
			}
			most := int64(1)
			if tt.want == none { // it is asked twice whether the schedule stays
				most = 2
			}
			if got := requests.Load(); tt.reply.code != http.StatusTooManyRequests && got != most {
				t.Errorf("%d requests, want %d", got, most)
			}
		})
	}
}

// The object that had the name vanishes while the API server looks at it: the answer
// says that it exists. The schedule is made all the same.
func TestScheduleBehindOneThatVanishes(t *testing.T) {
	t.Parallel()
	created := false
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			reply{409, "AlreadyExists", "it already exists", ""}.write(w)
			return
		}
		created = true
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	client, err := dynamic.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	s := pingsource.New(client, "ticks", pingsource.Destination{}, nil)
	if err := s.Schedule(t.Context(), monitortest.Spec("a", "f")); err != nil || !created {
		t.Errorf("Schedule = %v, created %t", err, created)
	}
}

// A schedule is gone only if the API server says so of the object.
func TestUnscheduleReadsTheReason(t *testing.T) {
	t.Parallel()
	const life = 5
	own := fmt.Sprintf(`{"name":%q,"group":"sources.knative.dev","kind":"pingsources"}`, pingsource.Name("a", life))
	tests := map[string]struct {
		reply reply
		want  failure.Kind
	}{
		"it is gone":                     {reply{404, "NotFound", `pingsources "x" not found`, own}, none},
		"PingSources are not served now": {reply{404, "", "404 page not found", ""}, failure.KindRefused},
		"the namespace does not exist":   {reply{404, "NotFound", `namespaces "ticks" not found`, `{"name":"ticks","kind":"namespaces"}`}, failure.KindRefused},
		"it changes meanwhile":           {reply{409, "Conflict", "the object has been modified", own}, failure.KindUnavailable},
		"a precondition failed":          {reply{409, "Conflict", "Precondition failed: UID in precondition: x, UID in object meta: y", own}, failure.KindUnavailable},
		"a proxy's 410":                  {reply{410, "", "gone", ""}, failure.KindUnavailable},
		"it is invalid":                  {reply{422, "Invalid", "options", own}, failure.KindRefused},
		"no Role":                        {reply{403, "Forbidden", "User x cannot delete", own}, failure.KindRefused},
	}
	for title, tt := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s, _ := scheduler(t, tt.reply)
			if err := s.Unschedule(t.Context(), "a", life); kindOf(err) != tt.want {
				t.Errorf("Unschedule = %v of kind %q, want kind %q", err, kindOf(err), tt.want)
			}
		})
	}
}

// A list that cannot be read to its end is no end of the list.
func TestListReadsTheReason(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		reply reply
		want  failure.Kind
	}{
		"the rest of the list expired":   {reply{410, "Expired", "The provided continue parameter is too old", ""}, failure.KindUnavailable},
		"PingSources are not served now": {reply{404, "", "404 page not found", ""}, failure.KindRefused},
		"no Role":                        {reply{403, "Forbidden", "User x cannot list", ""}, failure.KindRefused},
	}
	for title, tt := range tests {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			s, _ := scheduler(t, tt.reply)
			if page, _, err := s.List(t.Context(), "", 10); kindOf(err) != tt.want || len(page) != 0 {
				t.Errorf("List = %v, %v of kind %q, want kind %q", page, err, kindOf(err), tt.want)
			}
		})
	}
}

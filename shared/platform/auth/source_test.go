package auth_test

import (
	"net/http"
	"testing"
	"time"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/platform/auth"
	"kubejobs/shared/testkit/issuertest"
)

func TestSources(t *testing.T) {
	t.Parallel()
	issuer := issuertest.Start(t)
	sources := auth.NewSources(auth.NewIssuer("tick", auth.DiscoverAt(http.DefaultClient, issuer.URL()), time.Now), time.Now)
	source := auth.Source{Kind: auth.PingSource, Namespace: "ticks", Name: "sweep"}
	const subject = "system:serviceaccount:ticks:sweep-oidc-sources.knative.dev-pingsource"
	if got := source.Subject(); got != subject {
		t.Fatalf("subject %s, want %s", got, subject)
	}
	tests := map[string]struct {
		header string
		want   failure.Kind
	}{
		"the source":             {"Bearer " + issuer.Sign("tick", subject, nil), ""},
		"another source":         {"Bearer " + issuer.Sign("tick", "system:serviceaccount:ticks:other-oidc-sources.knative.dev-pingsource", nil), failure.KindForbidden},
		"in another namespace":   {"Bearer " + issuer.Sign("tick", "system:serviceaccount:x:sweep-oidc-sources.knative.dev-pingsource", nil), failure.KindForbidden},
		"for another audience":   {"Bearer " + issuer.Sign("kubejobs", subject, nil), failure.KindUnauthenticated},
		"nothing":                {"", failure.KindUnauthenticated},
		"no token":               {"Bearer x", failure.KindUnauthenticated},
		"signed by nobody known": {"Bearer " + unsigned(issuer.Sign("tick", subject, nil)), failure.KindUnauthenticated},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				err := sources.Verify(request(t, tt.header), source)
				if (err == nil) != (tt.want == "") || err != nil && failure.KindOf(err) != tt.want {
					t.Errorf("error %v, want one of kind %q", err, tt.want)
				}
			}
		})
	}
}

// The subjects are those of the service accounts that Knative Eventing creates: the values
// are what GetOIDCServiceAccountNameForResource of knative.dev/eventing v0.47 returns.
func TestSubjects(t *testing.T) {
	t.Parallel()
	tests := map[auth.Source]string{
		{Kind: auth.PingSource, Name: "sweep"}:                                       "sweep-oidc-sources.knative.dev-pingsource",
		{Kind: auth.APIServerSource, Name: "kubejobs-job-events"}:                    "kubejobs-job-events-oidc-sources.knative.dev-apiserversource",
		{Kind: auth.PingSource, Name: "aaaaaaaaaaaaaaaaaaaaaaaaaaa"}:                 "aaaaaaaaaaaaaaaaaaaaaaaaaaa-oidc-sources.knative.dev-pingsource",
		{Kind: auth.PingSource, Name: "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"}:                "aaaaaaaaaaaaaaaaaaaaaaaaaaaa0edad1add229b47e0ea947fffa074725-oi",
		{Kind: auth.PingSource, Name: "kubejobs-kj-abc1234.mwu9o0fs"}:                "kubejobs-kj-abc1234.mwu9o0fs24dc5b9efd1890311dcd2d53d883dad4-oi",
		{Kind: auth.PingSource, Name: "kubejobs-a-job-of-some-length.mwu9o0fs"}:      "kubejobs-a-job-of-some-length.m6c10b4f98a4fb71ffe1871a3baf00d26",
		{Kind: auth.APIServerSource, Name: "kubejobs-a-job-of-some-length.mwu9o0fs"}: "kubejobs-a-job-of-some-length.m30638a706aa1c6affd11bca8eb0f3177",
	}
	for source, want := range tests {
		source.Namespace = "ticks"
		if got := source.Subject(); got != "system:serviceaccount:ticks:"+want {
			t.Errorf("%s %s has the subject %s, want the account %s", source.Kind, source.Name, got, want)
		}
	}
}

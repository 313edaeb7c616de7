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

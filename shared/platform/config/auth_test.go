package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/platform/config"
)

func TestAuth(t *testing.T) {
	t.Parallel()
	got := load(t, map[string]string{
		"API_TOKENS_FILE": "/etc/kubejobs/tokens.yaml",
		"OIDC_ISSUER":     "https://issuer.example/realm", "OIDC_AUDIENCE": "kubejobs", "OIDC_CA_FILE": "/ca.pem",
		"OIDC_ROLES_CLAIM": "roles", "OIDC_PREFIX_CLAIM": "teams", "OIDC_READ_ROLES": "*", "OIDC_WRITE_ROLES": "admin, ops",
		"SCHEDULER": "knative", "TICK_AUDIENCE": "kubejobs-tick", "TICK_ISSUER": "http://127.0.0.1:1/",
		"SWEEP_SOURCE": "s", "JOBS_SOURCE": "j", "METRONOME_SOURCE": "m", "START_RATE": "0.5", "START_BURST": "7",
	}).Auth
	want := config.Auth{
		TokensFile: "/etc/kubejobs/tokens.yaml", Issuer: "https://issuer.example/realm", Audience: "kubejobs", CACerts: "/ca.pem",
		RolesClaim: "roles", PrefixClaim: "teams", Read: []string{"*"}, Write: []string{"admin", "ops"},
		Sources:   config.Sources{Audience: "kubejobs-tick", Issuer: "http://127.0.0.1:1/", Sweep: "s", Jobs: "j", Metronome: "m"},
		StartRate: 0.5, StartBurst: 7,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Auth (-want +got):\n%s", diff)
	}
}

func TestAuthRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  map[string]string
		want []string
	}{
		"an issuer alone":             {map[string]string{"OIDC_ISSUER": "https://a"}, []string{"OIDC_AUDIENCE", "OIDC_READ_ROLES"}},
		"an audience alone":           {map[string]string{"OIDC_AUDIENCE": "a"}, []string{"OIDC_ISSUER"}},
		"an issuer without TLS":       {map[string]string{"OIDC_ISSUER": "http://a", "OIDC_AUDIENCE": "a", "OIDC_READ_ROLES": "*"}, []string{"OIDC_ISSUER"}},
		"an issuer with a password":   {map[string]string{"OIDC_ISSUER": "https://u:p@a", "OIDC_AUDIENCE": "a", "OIDC_READ_ROLES": "*"}, []string{"OIDC_ISSUER"}},
		"ticks of the local schedule": {map[string]string{"SCHEDULER": "local", "TICK_AUDIENCE": "a"}, []string{"TICK_AUDIENCE"}},
		"numbers":                     {map[string]string{"START_RATE": "-1", "START_BURST": "0"}, []string{"START_BURST", "START_RATE"}},
		"no number":                   {map[string]string{"START_RATE": "NaN"}, []string{"START_RATE"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(lookup(tt.env))
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Errorf("wrong settings (-want +got):\n%s", diff)
			}
		})
	}
}

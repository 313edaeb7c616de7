package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/platform/config"
)

// influx returns an environment with an InfluxDB and more settings: pairs of name
// and value.
func influx(pairs ...string) map[string]string {
	env := map[string]string{"INFLUX_URL": "http://influx:8086"}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return env
}

func TestInflux(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  map[string]string
		want config.Influx
	}{
		"none":               {nil, config.Influx{HostTag: "server01"}},
		"only a URL":         {influx(), config.Influx{URL: "http://influx:8086", HostTag: "server01", Database: "asperathos"}},
		"TLS and a path":     {influx("INFLUX_URL", "https://db.example/influx/"), config.Influx{URL: "https://db.example/influx/", HostTag: "server01", Database: "asperathos"}},
		"IPv6":               {influx("INFLUX_URL", "http://[fd00::1]:8086"), config.Influx{URL: "http://[fd00::1]:8086", HostTag: "server01", Database: "asperathos"}},
		"other spellings":    {influx("INFLUX_URL", "HTTP://[::FFFF:10.0.0.1]:8086/Influx"), config.Influx{URL: "http://10.0.0.1:8086/Influx", HostTag: "server01", Database: "asperathos"}},
		"an absolute name":   {influx("INFLUX_URL", "http://Influx.:8086"), config.Influx{URL: "http://influx:8086", HostTag: "server01", Database: "asperathos"}},
		"a tag and database": {influx("INFLUX_HOST_TAG", "a b,c=d", "INFLUX_DATABASE", "jobs"), config.Influx{URL: "http://influx:8086", HostTag: "a b,c=d", Database: "jobs"}},
		"a login": {
			influx("INFLUX_USER", "kubejobs", "INFLUX_PASSWORD", "hünter:2"),
			config.Influx{URL: "http://influx:8086", HostTag: "server01", Database: "asperathos", User: "kubejobs", Password: "hünter:2"},
		},
		"2.x": {
			influx("INFLUX_ORG", "my org", "INFLUX_BUCKET", "jobs/all", "INFLUX_TOKEN", "t0k=="),
			config.Influx{URL: "http://influx:8086", HostTag: "server01", Org: "my org", Bucket: "jobs/all", Token: "t0k=="},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, load(t, tt.env).Influx); diff != "" {
				t.Errorf("Influx (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInfluxRefused(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	tests := map[string]struct {
		env  map[string]string
		want []string
	}{
		"another scheme":          {influx("INFLUX_URL", "udp://influx:8089"), []string{"INFLUX_URL"}},
		"no scheme":               {influx("INFLUX_URL", "influx:8086"), []string{"INFLUX_URL"}},
		"no host":                 {influx("INFLUX_URL", "http://:8086"), []string{"INFLUX_URL"}},
		"a user":                  {influx("INFLUX_URL", "http://root:hunter2@influx"), []string{"INFLUX_URL"}},
		"a query":                 {influx("INFLUX_URL", "http://influx/?p=hunter2"), []string{"INFLUX_URL"}},
		"an empty query":          {influx("INFLUX_URL", "http://influx/?"), []string{"INFLUX_URL"}},
		"a fragment":              {influx("INFLUX_URL", "http://influx/#hunter2"), []string{"INFLUX_URL"}},
		"port 0":                  {influx("INFLUX_URL", "http://influx:0"), []string{"INFLUX_URL"}},
		"port 70000":              {influx("INFLUX_URL", "http://influx:70000"), []string{"INFLUX_URL"}},
		"a control character":     {influx("INFLUX_URL", "http://hunter2\x7f"), []string{"INFLUX_URL"}},
		"a database with a slash": {influx("INFLUX_DATABASE", "a/b"), []string{"INFLUX_DATABASE"}},
		"a long database":         {influx("INFLUX_DATABASE", strings.Repeat("a", 256)), []string{"INFLUX_DATABASE"}},
		"a tag over two lines":    {influx("INFLUX_HOST_TAG", "a\nb"), []string{"INFLUX_HOST_TAG"}},
		"a tag with a backslash":  {influx("INFLUX_HOST_TAG", `a\`), []string{"INFLUX_HOST_TAG"}},
		"a user with a colon":     {influx("INFLUX_USER", "a:b", "INFLUX_PASSWORD", secret), []string{"INFLUX_USER"}},
		"a password over 2 lines": {influx("INFLUX_USER", "a", "INFLUX_PASSWORD", "hunter2\r\nX: y"), []string{"INFLUX_PASSWORD"}},
		"a token over two lines":  {influx("INFLUX_ORG", "o", "INFLUX_BUCKET", "b", "INFLUX_TOKEN", "hunter2\nX: y"), []string{"INFLUX_TOKEN"}},
		"only a user":             {influx("INFLUX_USER", "a"), []string{"INFLUX_PASSWORD"}},
		"only a password":         {influx("INFLUX_PASSWORD", secret), []string{"INFLUX_USER"}},
		"only a token":            {influx("INFLUX_TOKEN", secret), []string{"INFLUX_BUCKET", "INFLUX_ORG"}},
		"only a bucket":           {influx("INFLUX_BUCKET", "b"), []string{"INFLUX_ORG", "INFLUX_TOKEN"}},
		"only an organisation":    {influx("INFLUX_ORG", "o"), []string{"INFLUX_BUCKET", "INFLUX_TOKEN"}},
		"a bucket without a token": {
			influx("INFLUX_ORG", "o", "INFLUX_BUCKET", "b"), []string{"INFLUX_TOKEN"},
		},
		"password and token": {
			influx("INFLUX_PASSWORD", secret, "INFLUX_TOKEN", secret, "INFLUX_ORG", "o", "INFLUX_BUCKET", "b"),
			[]string{"INFLUX_PASSWORD"},
		},
		"both versions, half of each": {
			influx("INFLUX_DATABASE", "d", "INFLUX_USER", "u", "INFLUX_PASSWORD", secret, "INFLUX_TOKEN", secret),
			[]string{"INFLUX_BUCKET", "INFLUX_DATABASE", "INFLUX_ORG", "INFLUX_PASSWORD", "INFLUX_USER"},
		},
		"everything without a URL": {
			influx("INFLUX_URL", "", "INFLUX_DATABASE", "d", "INFLUX_USER", "u", "INFLUX_PASSWORD", secret,
				"INFLUX_ORG", "o", "INFLUX_BUCKET", "b", "INFLUX_TOKEN", secret, "INFLUX_HOST_TAG", "h"),
			[]string{
				"INFLUX_BUCKET", "INFLUX_DATABASE", "INFLUX_HOST_TAG", "INFLUX_ORG", "INFLUX_PASSWORD", "INFLUX_TOKEN", "INFLUX_USER",
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(lookup(tt.env))
			if diff := cmp.Diff(tt.want, wrong(t, err)); diff != "" {
				t.Fatalf("wrong settings (-want +got):\n%s\n%v", diff, err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

package influx_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/monitor"
)

// A destination is a server, whatever database of it is meant. What speaks TLS, or is
// below a path, may be another server than the one that a job reaches without these.
func TestDestination(t *testing.T) {
	t.Parallel()
	one := influx.Options{URL: "http://Influx:8086/x/", User: "u", Password: "hunter2"}
	two := influx.Options{URL: "https://influx.example", Org: "o", Bucket: "jobs", Token: "hunter2"}
	three := influx.Options{URL: "http://10.1.2.3:8086", User: "u", Password: "hunter2"}
	database := func(host string, port int, name string) *job.Database {
		return &job.Database{Host: host, Port: port, Name: name}
	}
	tests := map[string]struct {
		options  influx.Options
		database *job.Database
		want     string
	}{
		"neither":                  {influx.Options{}, nil, ""},
		"the program's":            {one, nil, "http://influx:8086/x"},
		"the program's, no port":   {influx.Options{URL: "http://influx", Database: "d"}, nil, "http://influx:80"},
		"the program's bucket":     {two, nil, "https://influx.example:443"},
		"the job's":                {influx.Options{}, database("10.1.2.3", 8086, "a"), "http://10.1.2.3:8086"},
		"another database of it":   {influx.Options{}, database("10.1.2.3", 8086, "b"), "http://10.1.2.3:8086"},
		"the job's, by IPv6":       {influx.Options{}, database("fd00::1", 8086, "a"), "http://[fd00::1]:8086"},
		"both":                     {one, database("other", 8086, "asperathos"), "http://other:8086"},
		"both, another port":       {one, database("influx", 8087, "asperathos"), "http://influx:8087"},
		"both, the same":           {one, database("influx", 8086, "asperathos"), "http://influx:8086/x"},
		"both, another database":   {three, database("10.1.2.3", 8086, "a"), "http://10.1.2.3:8086"},
		"both, an absolute name":   {one, database("INFLUX.", 8086, "asperathos"), "http://influx:8086/x"},
		"both, a mapped address":   {three, database("::ffff:10.1.2.3", 8086, "asperathos"), "http://10.1.2.3:8086"},
		"both, the same bucket":    {two, database("influx.example", 443, "jobs"), "https://influx.example:443"},
		"the server without TLS":   {two, database("influx.example", 443, "a"), "http://influx.example:443"},
		"what is beside the path":  {one, database("influx", 8086, "a"), "http://influx:8086"},
		"the server without login": {three, database("10.1.2.3", 8086, "asperathos"), "http://10.1.2.3:8086"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := publisher(t, tt.options).Destination(notice(tt.database)); got != tt.want {
				t.Errorf("Destination = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestPublish compares the request that each server gets. The settings name the
// server own; the job names own, other or none.
func TestPublish(t *testing.T) {
	t.Parallel()
	const (
		pair = "Basic dTpodW50ZXIy" // u:hunter2
		root = "Basic cm9vdDpyb290" // root:root, as captured
	)
	login := influx.Options{User: "u", Password: "hunter2"}
	two := influx.Options{Org: "my org", Bucket: "jobs/all", Token: "t0k=="}
	tests := map[string]struct {
		options    influx.Options // of own
		path       string         // in the URL of own
		server     string         // that the job names; "": none
		database   string
		own, other *recorded
	}{
		"the program's": {own: &recorded{Path: "/write", Query: "db=asperathos&precision=ms"}},
		"the program's, a path, a name that needs escaping": {
			options: influx.Options{Database: "a&db=b"}, path: "/influx/",
			own: &recorded{Path: "/influx/write", Query: "db=a%26db%3Db&precision=ms"},
		},
		"the program's, a login": {options: login, own: &recorded{Path: "/write", Query: "db=asperathos&precision=ms", Login: pair}},
		"2.x": {options: two, own: &recorded{
			Path: "/api/v2/write", Query: "bucket=jobs%2Fall&org=my+org&precision=ms", Login: "Token t0k==",
		}},
		"the job's": {
			options: login, server: "other", database: "asperathos",
			other: &recorded{Path: "/write", Query: "db=asperathos&precision=ms", Login: root},
		},
		"the job's beside 2.x": {
			options: two, server: "other", database: "jobs",
			other: &recorded{Path: "/write", Query: "db=jobs&precision=ms", Login: root},
		},
		"the same": {
			options: login, server: "own", database: "asperathos",
			own: &recorded{Path: "/write", Query: "db=asperathos&precision=ms", Login: pair},
		},
		"another database of the same": {
			options: login, server: "own", database: "a",
			own: &recorded{Path: "/write", Query: "db=a&precision=ms", Login: root},
		},
		"the same bucket": {options: two, server: "own", database: "jobs/all", own: &recorded{
			Path: "/api/v2/write", Query: "bucket=jobs%2Fall&org=my+org&precision=ms", Login: "Token t0k==",
		}},
		"another database of the same 2.x": {
			options: two, server: "own", database: "a",
			own: &recorded{Path: "/write", Query: "db=a&precision=ms", Login: root},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own, other := record(t, stored), record(t, stored)
			tt.options.URL = own.URL + tt.path
			var database *job.Database
			switch tt.server {
			case "own":
				database = local(own.port(), tt.database)
			case "other":
				database = local(other.port(), tt.database)
			}
			if n, err := publisher(t, tt.options).Publish(t.Context(), notice(database)); n != 0 || err != nil {
				t.Fatalf("Publish = %d, %v, want 0 and no error", n, err)
			}
			for server, pair := range map[*recorder]*recorded{own: tt.own, other: tt.other} {
				var want []recorded
				if pair != nil {
					pair.Method, pair.Body = "POST", encoded(t, "kj-1", captured)
					want = []recorded{*pair}
				}
				got, _ := server.seen()
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestPublishNothing(t *testing.T) {
	t.Parallel()
	own := record(t, stored)
	events := []job.Event{{}}
	tests := map[string]struct {
		options influx.Options
		notice  monitor.Notice
	}{
		"no sample":   {influx.Options{URL: own.URL}, monitor.Notice{Spec: job.Spec{ID: "kj-1"}, Events: events}},
		"no InfluxDB": {influx.Options{}, notice(nil)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if n, err := publisher(t, tt.options).Publish(t.Context(), tt.notice); n != 0 || err != nil {
				t.Errorf("Publish = %d, %v, want 0 and no error", n, err)
			}
		})
	}
	if got, _ := own.seen(); len(got) != 0 {
		t.Errorf("requests %v, want none", got)
	}
}

// The address that a job names is checked. The program's own is not: it need not
// be in the list.
func TestPublishToAnAddressThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	own, other := record(t, stored), record(t, stored)
	p := publisher(t, influx.Options{URL: own.URL}, egress.Private()...)
	_, err := p.Publish(t.Context(), notice(local(other.port(), "a")))
	if failure.KindOf(err) != failure.KindInvalid || !strings.Contains(err.Error(), "plugin_info.database_data.url: ") {
		t.Errorf("Publish = %v, want an error of kind invalid that names plugin_info.database_data.url", err)
	}
	if _, connections := other.seen(); connections != 0 {
		t.Errorf("%d connections, want none", connections)
	}
	for name, database := range map[string]*job.Database{"none named": nil, "the same named": local(own.port(), "asperathos")} {
		if _, err := p.Publish(t.Context(), notice(database)); err != nil {
			t.Errorf("%s: Publish to the program's own: %v", name, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ url string }{
		"no scheme": {"influx:8086"}, "another scheme": {"udp://influx:8089"}, "no host": {"http://:8086"},
		"a user": {"http://root:hunter2@influx"}, "a query": {"http://influx?p=hunter2"}, "no URL": {"http://hunter2\x7f"},
	}
	var plain net.Dialer
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := influx.New(influx.Options{URL: tt.url}, plain.DialContext)
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("New = %v, want an error without the password", err)
			}
		})
	}
}

func TestNewPanicsWithoutADialer(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("New accepted a nil dial function")
		}
	}()
	_, _ = influx.New(influx.Options{}, nil)
}

// A context that has ended causes no request.
func TestPublishWithAnEndedContext(t *testing.T) {
	t.Parallel()
	own := record(t, stored)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := publisher(t, influx.Options{URL: own.URL}).Publish(ctx, notice(nil))
	if !failure.IsRetryable(err) {
		t.Errorf("Publish = %v, want an error of kind unavailable", err)
	}
	if got, _ := own.seen(); len(got) != 0 {
		t.Errorf("requests %v, want none", got)
	}
}

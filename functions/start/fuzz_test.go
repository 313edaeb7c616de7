package start_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
	"kubejobs/shared/testkit/failuretest"
)

// secret is a password that a request holds where a Manager sends one.
const secret = "hunter2-planted"

// respelled returns a value with its numbers in another spelling and with members that
// are null. It does not change the options, which are stored as they are written.
func respelled(value any) any {
	switch v := value.(type) {
	case map[string]any:
		object := map[string]any{"null": nil}
		for name, member := range v {
			if object[name] = member; name != "heuristic_options" {
				object[name] = respelled(member)
			}
		}
		return object
	case []any:
		list := make([]any, 0, len(v))
		for _, element := range v {
			list = append(list, respelled(element))
		}
		return list
	case json.Number:
		mantissa, exponent, powered := strings.Cut(strings.ToLower(string(v)), "e")
		if len(strings.TrimLeft(exponent, "+-0")) > 9 {
			return v // has one spelling only
		}
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		sign := strings.TrimRight(exponent[:min(len(exponent), 1)], "0123456789")
		if !powered {
			exponent = "0"
		}
		return json.Number(mantissa + "0E" + sign + "000" + strings.TrimPrefix(exponent, sign))
	}
	return value
}

// object decodes a body as Decode does.
func object(body []byte) (top, info map[string]any) {
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	decoder.UseNumber()
	_ = decoder.Decode(&top)
	info, _ = top["plugin_info"].(map[string]any)
	return top, info
}

// planted returns a request with secret as each password.
func planted(top, info map[string]any) map[string]any {
	database, _ := info["database_data"].(map[string]any)
	for _, at := range []map[string]any{top, info, database} {
		if at != nil {
			at["password"], at["redis_password"], at["token"] = secret, secret, secret
		}
	}
	return top
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(value, "\t", " ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A request is refused with the names of its wrong fields, or within its bounds; it is
// the same request in another spelling and with other credentials.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		whole, queue(`{"pending":"a","results":"b\u0000","database":3}`), info(`"redis_ip":"::1"`), info(`"submission_time":"2026-11-24T05:41:07.3GMT"`), "null", "{}",
		"[1]", "\xff", `{"plugin_info":1e999}`, "\ufeff{}", info(`"number_of_jobs":1e1,"max_replicas":1E+05`), info(`"number_of_jobs":10e-00001`),
		info(`"scaling_strategy":"` + strings.Repeat(`\u202e`, 64) + `"`), info(`"redis_ip":"` + strings.Repeat(`\udb40\udc01`, 90) + `"`),
		info(`"database_data":{"url":"http://u:p@h","port":1,"name":"a/b"},"enable_visualizer":true`), info(`"redis_ip":"redis://u:p@h"`),
		info(`"a":1,"b":[{}],"expectedTime":4,"pending":"x"`), `{"plugin":"p","expected_time":3,"plugin_info":{"cmd":"x"}}`,
		info(`"` + strings.Repeat(`\udb40\udc01`, 90) + `":1`), info(`"max_replicas":1e00000000000000000005,"min_replicas":0e99999999999`),
		controlled(`{"max_replicas":1e1,"confidence":9e-1,"graceful":true,"actuator":"kubernetes","target":{"kind":"Job","name":"a.b"}}`),
		controlled(`{"min_replicas":2,"actuator":"redis","target":{"kind":"\u202e","password":"x"}}`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, warnings, err := start.Decode("kj-abc1234", body, rules())
		top, info := object(body)
		if err == nil || top != nil && utf8.Valid(body) {
			other, said, refusal := start.Decode("kj-abc1234", encode(t, planted(top, info)), rules())
			if (err == nil) != (refusal == nil) && !strings.Contains(err.Error(), "after the JSON object") {
				t.Fatalf("%q: %v, with credentials %v", body, err, refusal)
			}
			if refusal != nil {
				failuretest.Shown(t, refusal, secret)
			}
			if strings.Contains(strings.Join(said, "\n"), secret) || strings.Contains(string(other.Heuristics), secret) {
				t.Errorf("%q: the secret is in %q or %s", body, said, other.Heuristics)
			}
			if err == nil && other.Fingerprint != r.Fingerprint {
				t.Errorf("%q: credentials change the fingerprint", body)
			}
		}
		if err != nil {
			if len(failuretest.Fields(t, err)) == 0 || len(warnings) > 0 {
				t.Errorf("the error names no field: %v, with warnings %q", err, warnings)
			}
			failuretest.Shown(t, err)
			return
		}
		for _, warning := range warnings {
			failuretest.Printable(t, warning)
		}
		expectBounds(t, body, r)
		top, _ = object(body)
		again, _, err := start.Decode("kj-abc1234", encode(t, respelled(top)), rules())
		if diff := cmp.Diff(r, again); diff != "" || err != nil {
			t.Errorf("%q, in another spelling: %v (-first +second):\n%s", body, err, diff)
		}
	})
}

// expectBounds checks the numbers and names of a request that was taken.
func expectBounds(t *testing.T, body []byte, r monitor.Request) {
	t.Helper()
	const year = 365 * 24 * time.Hour
	if r.Budget <= 0 || r.Budget > year || r.Items < 0 || r.Items > 1<<53 || r.Period < 0 || r.Period > year ||
		r.QueuePort < 0 || r.QueuePort > 65535 || len(r.Fingerprint) != 64 || utf8.RuneCountInString(r.Strategy) > 63 || len(r.Heuristics) > 4096 {
		t.Errorf("%q was taken: %+v", body, r)
	}
	if c := r.Control; c != nil && (c.Min < 0 || c.Max < 0 || c.Max > 10_000 || c.Max != 0 && c.Max < c.Min || c.Confidence < 0 || c.Confidence > .999) {
		t.Errorf("%q was taken: %+v", body, c)
	}
	if year := r.Submitted.UTC().Year(); !r.Submitted.IsZero() && (year < 1970 || year > 9000) {
		t.Errorf("%q was taken: submitted in %d", body, year)
	}
	names := r.QueueLists.Names()
	if slices.Contains(names[:], "") || names[0] == names[1] || names[1] == names[2] || names[0] == names[2] || r.QueueDatabase < 0 {
		t.Errorf("%q was taken with the lists %q of database %d", body, names, r.QueueDatabase)
	}
	if d := r.Database; d != nil && (d.Host == "" || d.Port < 1 || d.Port > 65535 || d.Name == "" || len(d.Name) > 255) {
		t.Errorf("%q was taken with the database %+v", body, *d)
	}
	spec := job.Spec{Submitted: r.Submitted, Budget: r.Budget, Accepted: rules().Now}
	if err := job.Check(spec, job.State{Phase: job.PhasePending}); err != nil && !r.Submitted.IsZero() {
		t.Errorf("%q was taken, but would be unreadable: %v", body, err)
	}
	if host, ok := egress.CanonicalHost(r.QueueHost); r.QueueHost != "" && (!ok || host != r.QueueHost) {
		t.Errorf("%q was taken with the host %q", body, r.QueueHost)
	}
}

// zones are zones with summer time, with half of an hour of it, and without one hour.
var zones = []string{"UTC", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia", "Europe/Dublin", "Antarctica/Troll"}

// The clocks of the zone show the time that was sent, unless they skip it.
func FuzzSubmissionTime(f *testing.F) {
	for i, text := range []string{
		"2026-11-24T05:41:07.390079GMT", "2018-02-17T23:30:00.0GMT", "2018-11-04T00:30:00.0GMT", "2011-12-30T12:00:00.5GMT", "1972-01-07T00:10:00.1GMT",
		"2026-04-05T01:45:00.000001GMT", "9000-12-31T23:59:59.9GMT", "1970-01-01T00:00:00.0GMT", "2026-11-24T05:41:07GMT", "2026-11-24T05:41:07Z", "",
	} {
		f.Add(text, uint8(i), int64(1795499061))
		f.Add(text, uint8(i+3), int64(1521000000))
	}
	f.Fuzz(func(t *testing.T, text string, zone uint8, now int64) {
		in, err := time.LoadLocation(zones[int(zone)%len(zones)])
		if err != nil {
			t.Fatal(err)
		}
		quoted, _ := json.Marshal(text) // always text
		r, _, err := start.Decode("a", []byte(info(`"submission_time":`+string(quoted))),
			start.Rules{Plugins: []string{"kubejobs"}, Zone: in, Now: time.Unix(now%(1<<33), 0)})
		if err != nil {
			failuretest.Shown(t, err)
			if diff := cmp.Diff([]string{"plugin_info.submission_time"}, failuretest.Fields(t, err)); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s", diff)
			}
			return
		}
		const layout = "2006-01-02T15:04:05.999999999"
		wall, err := time.Parse(layout+"GMT", text)
		if err != nil || failure.Clean(text) != text {
			t.Fatalf("%q was taken as %v: %v", text, r.Submitted, err)
		}
		shows := func(at time.Time) bool { return at.In(in).Format(layout) == wall.Format(layout) }
		if shows(r.Submitted) {
			return
		}
		for offset := -26 * time.Hour; offset <= 26*time.Hour; offset += 24 * time.Hour {
			_, seconds := wall.Add(offset).In(in).Zone()
			if at := wall.Add(-time.Duration(seconds) * time.Second); shows(at) {
				t.Errorf("%q in %v is %v, but the clocks show it at %v", text, in, r.Submitted.UTC(), at.UTC())
			}
		}
		if gap := r.Submitted.Sub(wall); gap < -30*time.Hour || gap > 30*time.Hour {
			t.Errorf("%q in %v is %v", text, in, r.Submitted.UTC())
		}
	})
}

package start_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kubejobs/functions/start"
	"kubejobs/shared/testkit/failuretest"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	got := decode(t, info(`"redis_secret":"redis-a.b","enable_visualizer":true,"database_data":{"url":"influx","name":"x","secret":"influx-a"}`))
	if got.QueueSecret != "redis-a.b" || got.Database.Secret != "influx-a" {
		t.Errorf("Secrets %q and %q", got.QueueSecret, got.Database.Secret)
	}
	if got := decode(t, info(`"redis_secret":null`)); got.QueueSecret != "" {
		t.Errorf("null is the Secret %q", got.QueueSecret)
	}
	one, other, none := info(`"redis_secret":"a"`), info(`"redis_secret":"b"`), info(`"number_of_jobs":null`)
	if a, b, c := decode(t, one).Fingerprint, decode(t, other).Fingerprint, decode(t, none).Fingerprint; a == b || a == c {
		t.Error("requests with other Secrets have the same fingerprint")
	}
}

// What is no name may be the password itself, and is not shown.
func TestWrongSecret(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"a password": `"hunter2!"`, "empty": `""`, "a path": `"../hunter2"`, "two points": `"hunter2..a"`, "capitals": `"Hunter2"`,
		"an object": `{"password":"hunter2"}`, "a list": `["hunter2"]`, "a number": `1234567890`, "too long": `"` + strings.Repeat("hunter2.", 32) + `a"`,
		"a line break": `"hunter2\n"`, "a NUL": `"hunter2\u0000"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := start.Decode("a", []byte(info(
				`"redis_secret":`+value+`,"enable_detailed_report":true,"database_data":{"url":"a","name":"b","secret":`+value+`}`)), rules())
			want := []string{"plugin_info.redis_secret", "plugin_info.database_data.secret"}
			if diff := cmp.Diff(want, sortedFields(failuretest.Fields(t, err))); diff != "" {
				t.Fatalf("wrong fields (-want +got):\n%s", diff)
			}
			for _, shown := range []string{"hunter2", "Hunter2", "1234567890"} {
				if strings.Contains(err.Error(), shown) {
					t.Errorf("the error shows the value: %v", err)
				}
			}
		})
	}
}

// sortedFields returns the fields of the Redis before those of the database.
func sortedFields(fields []string) []string {
	if len(fields) == 2 && strings.Contains(fields[0], "database") {
		return []string{fields[1], fields[0]}
	}
	return fields
}

// Whoever puts credentials into the request learns where they belong.
func TestCredentialsInARequest(t *testing.T) {
	t.Parallel()
	_, got, err := start.Decode("a", []byte(info(
		`"redis_password":"hunter2","enable_visualizer":true,"database_data":{"url":"a","name":"b","password":"hunter2"}`)), rules())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"plugin_info.redis_password: unknown field, ignored; credentials are not read from a request: redis_secret names a Secret that holds them",
		"plugin_info.database_data.password: unknown field, ignored; credentials are not read from a request: secret names a Secret that holds them",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

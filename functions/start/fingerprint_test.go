package start_test

import (
	"strings"
	"testing"
)

func TestFingerprint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		old, new string // replaced in the whole request
		same     bool
	}{
		"the request again":     {"", "", true},
		"other spaces":          {`,"`, " ,\n\t\"", true},
		"another order":         {`"expected_time":60,"number_of_jobs":6`, `"number_of_jobs":6,"expected_time":60`, true},
		"an escaped letter":     {`"kubejobs"`, `"\u006bubejobs"`, true},
		"a fraction of zero":    {`"expected_time":60`, `"expected_time":60.0`, true},
		"an exponent":           {`"expected_time":60`, `"expected_time":6e1`, true},
		"a small exponent":      {`"expected_time":60`, `"expected_time":6000E-2`, true},
		"items with a fraction": {`"number_of_jobs":6`, `"number_of_jobs":6.00`, true},
		"zeros of an exponent":  {`"expected_time":60`, `"expected_time":6e00000000000000000001`, true},
		"items with zeros":      {`"number_of_jobs":6`, `"number_of_jobs":600E-00000000002`, true},
		"an unused exponent":    {`"max_replicas":10`, `"max_replicas":1e+00000000001`, true},
		"an unused fraction":    {`"max_replicas":10`, `"max_replicas":1.0e+1`, true},
		"an option's fraction":  {`{"kp":1}`, `{"kp":1.0}`, true},
		"null for nothing":      {`"max_replicas":10`, `"max_replicas":10,"min_replicas":null`, true},
		"a byte order mark":     {`{"plugin":`, "\ufeff" + `{"plugin":`, true},
		"another host spelling": {`"10.1.2.3"`, `"::ffff:10.1.2.3"`, true},
		"another database host": {`"url":"influx"`, `"url":"http://INFLUX./"`, true},
		"another host":          {`"10.1.2.3"`, `"10.1.2.4"`, false},
		"another strategy":      {`"kp":1`, `"kp":2`, false},
		"another option's text": {`{"kp":1}`, `{"kp":"fast"}`, false},
		"another password":      {"hunter2", "hunter3", true},
		"another user":          {`"url":"influx"`, `"url":"influx","user":"root","username":"root","token":"t"`, true},
		"another database":      {`"url":"influx"`, `"url":"other"`, false},
		"another time":          {`"expected_time":60`, `"expected_time":61`, false},
		"another plugin":        {`"kubejobs"`, `"kubejob"`, false},
		"another field":         {`"max_replicas":10`, `"max_replicas":11`, false},
		"a field less":          {`,"max_replicas":10`, "", false},
		"a password elsewhere":  {`"max_replicas"`, `"password"`, false},
		"a digit past a double": {`"max_replicas":10`, `"max_replicas":10.00000000000000000001`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.ReplaceAll(whole, tt.old, tt.new)
			if tt.old == "" {
				body = whole
			}
			first, second := decode(t, whole).Fingerprint, decode(t, body).Fingerprint
			if same := first == second; same != tt.same {
				t.Errorf("same fingerprint = %t, want %t: %s", same, tt.same, body)
			}
		})
	}
}

// Nobody may guess a password by the stored fingerprint, so it must not depend on
// one.
func TestFingerprintHoldsNoCredentials(t *testing.T) {
	t.Parallel()
	const database = `"enable_visualizer":true,"database_data":{"url":"a","name":"b",`
	tests := map[string]string{ // SECRET is replaced
		"password":                     info(`"password":"SECRET"`),
		"in capitals":                  info(`"Redis_PASSWORD":"SECRET"`),
		"camel case":                   info(`"redisPassword":"SECRET"`),
		"short":                        info(`"redis_pwd":"SECRET","pw":"SECRET","passwd":"SECRET"`),
		"a token":                      info(`"API-Token":"SECRET"`),
		"a key":                        info(`"access_key":"SECRET","apiKey":"SECRET","key":"SECRET"`),
		"a user":                       info(`"userName":"SECRET","login":"SECRET"`),
		"a number":                     info(`"password":NUMBER,"pin":NUMBER`),
		"in a list":                    info(`"redises":[{"password":NUMBER},[{"secret":NUMBER}]]`),
		"an object of them":            info(`"credentials":{"a":NUMBER,"b":[NUMBER]}`),
		"in the database":              info(database + `"Password":"SECRET","TOKEN":"SECRET","x":{"y":{"secret":NUMBER}}}`),
		"in a database that is unread": info(`"database_data":{"url":"http://root:SECRET@a","dsn":"SECRET"}`),
		"in the URL of another field":  info(`"broker":"amqp://guest:SECRET@a/"`),
		"an environment's variables":   info(`"env":[{"name":"DB_PASS","value":"SECRET"}]`),
		"a command's argument":         info(`"command":["--password","SECRET"]`),
		"in an option":                 info(`"scaling_strategy":"pid","heuristic_options":{"a":{"Password":"SECRET"}}`),
		"beside plugin_info":           `{"plugin":"p","password":"SECRET","auth":{"a":NUMBER},"plugin_info":{"expected_time":40}}`,
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with := func(secret, number string) string {
				return decode(t, strings.NewReplacer("SECRET", secret, "NUMBER", number).Replace(body)).Fingerprint
			}
			if with("hunter2", "1234") != with("swordfish", "4321") {
				t.Errorf("the fingerprint of %s depends on the secret", body)
			}
		})
	}
}

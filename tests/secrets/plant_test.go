package secrets_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"kubejobs/shared/testkit/certtest"
)

// user is the name that goes with a planted password.
const user = "worker"

// plants are the secrets by where they are planted.
type plants map[string]string

// newPlants returns a different secret for each place. They hold what URLs, headers, JSON
// and shells treat in a special way.
func newPlants() plants {
	p := plants{}
	for i, place := range []string{
		"state Redis", "own InfluxDB", "header", "second header", "path of the sink", "query of the sink",
		"Redis of the job", "wrong password", "InfluxDB of the job", "token", "request", "host of a request", "name of a Secret",
	} {
		p[place] = "pl4nted-" + strconv.Itoa(100+i) + `-a/b#c?d%e&"f'`
	}
	for _, place := range []string{"path of the sink", "query of the sink", "header", "second header", "name of a Secret"} {
		p[place] = strings.NewReplacer("/", "", `"`, "", "'", "", "%", "", "#", "", "?", "", "&", "").Replace(p[place])
	}
	return p
}

// addKey plants the middle of a private key: the line that is only in this one.
func (p plants) addKey(place string, pair certtest.Pair) {
	p[place] = strings.Split(string(pair.PrivateKey), "\n")[1]
}

// spellings returns how a text may write a secret.
func spellings(secret string) []string {
	inJSON, _ := json.Marshal(secret)
	quoted := strconv.Quote(secret)
	all := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(inJSON), `"`), quoted[1 : len(quoted)-1],
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(user + ":" + secret)), hex.EncodeToString([]byte(secret)),
	}
	quoted = strconv.Quote(quoted) // an error within an error
	all = append(all, strings.Trim(quoted, `"\`))
	if len(secret) > 11 {
		all = append(all, secret[:11]) // until the first special character
	}
	return all
}

// find reports every secret that a text holds.
func (p plants) find(t *testing.T, where, text string) {
	t.Helper()
	for place, secret := range p {
		for _, spelling := range spellings(secret) {
			if i := strings.Index(text, spelling); i >= 0 {
				t.Errorf("%s shows the secret of: %s\n… %.300s …", where, place, text[max(0, i-150):min(len(text), i+150)])
				break
			}
		}
	}
}

// The search finds each secret in each spelling.
func TestSearch(t *testing.T) {
	t.Parallel()
	for place, secret := range newPlants() {
		for _, spelling := range spellings(secret) {
			found := false
			for _, other := range spellings(secret) {
				found = found || strings.Contains("before "+spelling+" after", other)
			}
			if !found || len(spelling) < 11 {
				t.Errorf("%s: %q is not found", place, spelling)
			}
		}
	}
}

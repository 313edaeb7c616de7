package start

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"kubejobs/shared/monitor"
)

// fingerprint returns a text that is equal for equal requests, however they are
// written: with other spaces, with 40.0 for 40, with null for an omitted field, with
// another spelling of a host. It is stored, and must not help anybody to guess a
// password. So it leaves out the fields whose names look like credentials, and the
// texts of the fields that the monitor does not use.
func fingerprint(top map[string]any, r monitor.Request) string {
	said := canonical(top, false).(map[string]any)
	given, _ := top["plugin_info"].(map[string]any)
	info := canonical(given, false).(map[string]any)
	said["plugin"], said["plugin_info"] = r.Plugin, info
	for _, field := range []string{"scaling_strategy", "datasource_type", "heuristic_options"} {
		if given[field] != nil {
			info[field] = canonical(given[field], true)
		}
	}
	if text, _ := given["submission_time"].(string); text != "" { // .5 and .500000 are the same
		info["submission_time"] = strings.TrimRight(strings.TrimSuffix(text, "GMT"), "0")
	}
	if r.QueueHost != "" {
		info["redis_ip"] = r.QueueHost
	}
	delete(info, "queue")
	if queue := named(r); queue != nil {
		info["queue"] = queue
	}
	if r.QueueSecret != "" {
		info["redis_secret"] = r.QueueSecret
	}
	if r.Database != nil {
		info["database_data"] = r.Database
	}
	if r.Control != nil {
		info["control"] = r.Control
	}
	text, err := json.Marshal(said) // sorts keys; cannot fail on what was decoded
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// canonical returns a copy of a value without nulls and credentials. Its numbers
// have their canonical spelling. Its texts are kept only if texts is true.
func canonical(value any, texts bool) any {
	switch v := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for name, member := range v {
			if member != nil && !isCredential(name) {
				object[name] = canonical(member, texts)
			}
		}
		return object
	case []any:
		list := make([]any, 0, len(v))
		for _, element := range v {
			list = append(list, canonical(element, texts))
		}
		return list
	case json.Number:
		return canonicalNumber(v)
	case string:
		if !texts {
			return ""
		}
	}
	return value
}

// credentials are parts of names of fields that hold credentials.
var credentials = []string{
	"pass", "pwd", "secret", "token", "user", "login", "credential", "auth", "apikey", "accesskey", "privatekey",
	"cookie", "session", "bearer", "signature",
}

// isCredential reports whether a field's name looks like that of a credential.
func isCredential(name string) bool {
	name = strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(name))
	for _, part := range credentials {
		if strings.Contains(name, part) {
			return true
		}
	}
	return name == "pw" || name == "pin" || name == "key"
}

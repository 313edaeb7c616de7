package config

import (
	"slices"
	"strings"
	"unicode"

	"kubejobs/shared/core/sample"
)

// Influx describes the InfluxDB that stores the samples of every job: 1.x with a
// database, 2.x with a bucket and a token.
type Influx struct {
	URL     string // "": only jobs name an InfluxDB
	HostTag string

	Database string // 1.x
	User     string
	Password Secret

	Org    string // 2.x
	Bucket string
	Token  Secret
}

// Names of the settings of each version.
var (
	influxOne = []string{"INFLUX_DATABASE", "INFLUX_USER", "INFLUX_PASSWORD"}
	influxTwo = []string{"INFLUX_ORG", "INFLUX_BUCKET", "INFLUX_TOKEN"}
)

// influx reads the program's own InfluxDB. Any setting of 2.x selects 2.x.
func (r *reader) influx() Influx {
	i := Influx{
		URL: r.influxURL(), HostTag: r.name("INFLUX_HOST_TAG", sample.InfluxHost, `\`),
		Database: r.name("INFLUX_DATABASE", "", `/\`), User: r.name("INFLUX_USER", "", ":"),
		Password: r.secret("INFLUX_PASSWORD"),
		Org:      r.name("INFLUX_ORG", "", ""), Bucket: r.name("INFLUX_BUCKET", "", ""),
		Token: r.secret("INFLUX_TOKEN"),
	}
	one, two := r.given(influxOne), r.given(influxTwo)
	switch {
	case r.text("INFLUX_URL", "") == "":
		for _, setting := range slices.Concat(one, two, r.given([]string{"INFLUX_HOST_TAG"})) {
			r.reject(setting, "requires INFLUX_URL")
		}
	case len(two) > 0:
		for _, setting := range one {
			r.reject(setting, "is for InfluxDB 1.x, but %s is for 2.x: want only one version", strings.Join(two, ", "))
		}
		r.together(influxTwo, "InfluxDB 2.x")
	default:
		if i.Database == "" {
			i.Database = sample.InfluxDatabase
		}
		if i.User != "" || i.Password != "" {
			r.together(influxOne[1:], "a login")
		}
	}
	return i
}

// influxURL reads a URL of http or https with a host, which it returns in the
// canonical spelling, because it is compared with those that jobs name. A wrong URL
// is not shown, as it may hold a password.
func (r *reader) influxURL() string {
	text := r.text("INFLUX_URL", "")
	if text == "" {
		return ""
	}
	u := parseURL(text, "http", "https")
	if u == nil || u.User != nil || strings.ContainsAny(text, "?#") || u.Port() != "" && strings.Trim(u.Port(), "0") == "" {
		r.reject("INFLUX_URL", "want http://… or https://… with a host, without user, password, query and fragment")
		return text
	}
	return u.String()
}

// given returns those of settings that are set.
func (r *reader) given(settings []string) []string {
	return slices.DeleteFunc(slices.Clone(settings), func(setting string) bool { return r.text(setting, "") == "" })
}

// together reports each of settings that is missing.
func (r *reader) together(settings []string, what string) {
	for _, setting := range settings {
		if r.text(setting, "") == "" {
			r.reject(setting, "is missing: %s needs %s", what, strings.Join(settings, ", "))
		}
	}
}

// name reads printable text without the characters of excluded.
func (r *reader) name(setting, fallback, excluded string) string {
	const longest = 255
	text := r.text(setting, fallback)
	if strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) ||
		strings.ContainsAny(text, excluded) || len(text) > longest {
		want := "want at most 255 printable characters"
		if excluded != "" {
			want += " and none of " + excluded
		}
		if strings.Contains(excluded, ":") {
			r.reject(setting, "%s", want) // what follows the colon may be a password
		} else {
			r.reject(setting, "%s, got %.80q", want, text)
		}
	}
	return text
}

// secret reads text that fits into a header. A wrong one is not shown.
func (r *reader) secret(setting string) Secret {
	text := r.text(setting, "")
	if strings.ContainsFunc(text, unicode.IsControl) {
		r.reject(setting, "want text without control characters")
	}
	return Secret(text)
}

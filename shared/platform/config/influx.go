package config

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Influx is the InfluxDB that every job's samples are stored in too: 1.x by a
// database, 2.x by a bucket and a token.
type Influx struct {
	URL     string // "": only what a job itself asks for
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

// influx is the program's own InfluxDB. What is given decides its version:
// anything of 2.x makes it that.
func (r *reader) influx() Influx {
	i := Influx{
		URL: r.influxURL(), HostTag: r.name("INFLUX_HOST_TAG", "server01", `\`),
		Database: r.name("INFLUX_DATABASE", "", `/\`), User: r.name("INFLUX_USER", "", ":"),
		Password: r.secret("INFLUX_PASSWORD"),
		Org:      r.name("INFLUX_ORG", "", ""), Bucket: r.name("INFLUX_BUCKET", "", ""),
		Token: r.secret("INFLUX_TOKEN"),
	}
	one, two := r.given(influxOne), r.given(influxTwo)
	switch {
	case r.text("INFLUX_URL", "") == "":
		for _, setting := range slices.Concat(one, two, r.given([]string{"INFLUX_HOST_TAG"})) {
			r.bad(setting, "is given without INFLUX_URL")
		}
	case len(two) > 0:
		for _, setting := range one {
			r.bad(setting, "is InfluxDB 1.x's, and %s 2.x's: want one of them", strings.Join(two, ", "))
		}
		r.together(influxTwo, "InfluxDB 2.x")
	default:
		if i.Database == "" {
			i.Database = "asperathos"
		}
		if i.User != "" || i.Password != "" {
			r.together(influxOne[1:], "a login")
		}
	}
	return i
}

// influxURL is http or https with a host. A wrong one is not shown, it may hold
// a password.
func (r *reader) influxURL() string {
	text := r.text("INFLUX_URL", "")
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) ||
		u.User != nil || strings.ContainsAny(text, "?#") || !portOf(u) {
		r.bad("INFLUX_URL", "want http://… or https://… with a host, without user, password, query and fragment")
	}
	return text
}

// portOf tells whether a URL has a port that can be, or none.
func portOf(u *url.URL) bool {
	if u.Port() == "" {
		return true
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

// given are the settings that are there.
func (r *reader) given(settings []string) []string {
	return slices.DeleteFunc(slices.Clone(settings), func(setting string) bool { return r.text(setting, "") == "" })
}

// together notes each of settings that is missing.
func (r *reader) together(settings []string, what string) {
	for _, setting := range settings {
		if r.text(setting, "") == "" {
			r.bad(setting, "is missing: %s needs %s", what, strings.Join(settings, ", "))
		}
	}
}

// name is printable text without the characters of excluded.
func (r *reader) name(setting, otherwise, excluded string) string {
	const longest = 255
	text := r.text(setting, otherwise)
	if strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) ||
		strings.ContainsAny(text, excluded) || len(text) > longest {
		want := "want at most 255 printable characters"
		if excluded != "" {
			want += " and none of " + excluded
		}
		r.bad(setting, "%s, got %.80q", want, text)
	}
	return text
}

// secret is text that fits into a header. A wrong one is not shown.
func (r *reader) secret(setting string) Secret {
	text := r.text(setting, "")
	if strings.ContainsFunc(text, unicode.IsControl) {
		r.bad(setting, "want text without control characters")
	}
	return Secret(text)
}

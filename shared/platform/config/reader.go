package config

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kubejobs/shared/core/dnslabel"
	"kubejobs/shared/core/egress"
	"kubejobs/shared/core/failure"
)

// Error names every invalid setting.
type Error struct{ Problems []Problem }

// Problem says what is wrong with one setting.
type Problem struct{ Setting, Text string }

// Error returns a line for each problem.
func (e *Error) Error() string {
	lines := []string{"invalid settings:"}
	for _, p := range e.Problems {
		lines = append(lines, "  "+p.Setting+": "+p.Text)
	}
	return strings.Join(lines, "\n")
}

// reader reads settings and collects the problems with them. Methods that read a
// setting take its name and its default. After a problem they return some value,
// so that Load goes on and reports all problems together.
type reader struct {
	lookup   Lookup
	file     map[string]string // from monitor.cfg, by the setting's name
	problems []Problem
	warnings []string
}

// warn records what is ignored but looks like a mistake.
func (r *reader) warn(setting, format string, args ...any) {
	r.warnings = append(r.warnings, failure.Clean(setting+": "+fmt.Sprintf(format, args...)))
}

// reject records a problem with a setting. Its text is clean: it may repeat what
// somebody wrote.
func (r *reader) reject(setting, format string, args ...any) {
	r.problems = append(r.problems, Problem{setting, failure.Clean(fmt.Sprintf(format, args...))})
}

// err returns an Error with the problems, nil if there are none.
func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &Error{r.problems}
}

// text reads a setting from the environment, else from the file.
func (r *reader) text(setting, fallback string) string {
	if text, ok := r.lookup(setting); ok && strings.TrimSpace(text) != "" {
		return strings.TrimSpace(text)
	}
	return r.fileText(setting, fallback)
}

// fileText reads a setting that only the file has.
func (r *reader) fileText(setting, fallback string) string {
	if text := strings.TrimSpace(r.file[setting]); text != "" {
		return text
	}
	return fallback
}

// oneOf reads one of values.
func (r *reader) oneOf(setting, fallback string, values []string) string {
	text := r.text(setting, fallback)
	if !slices.Contains(values, text) {
		r.reject(setting, "want one of %s, got %.80q", strings.Join(values, ", "), text)
	}
	return text
}

// flag reads true or false, in upper or lower case.
func (r *reader) flag(setting string, fallback bool) bool {
	text := r.text(setting, strconv.FormatBool(fallback))
	switch {
	case strings.EqualFold(text, "true"):
		return true
	case !strings.EqualFold(text, "false"):
		r.reject(setting, "want true or false, got %.80q", text)
	}
	return false
}

// label reads a DNS label, such as a namespace.
func (r *reader) label(setting, fallback string) string {
	text := r.text(setting, fallback)
	if text != "" && !dnslabel.Valid(text) {
		r.reject(setting, "want a DNS label, got %.80q", text)
	}
	return text
}

// integer reads a whole number from low to high.
func (r *reader) integer(setting string, fallback, low, high int) int {
	text := r.text(setting, strconv.Itoa(fallback))
	value, err := strconv.Atoi(text)
	if err != nil || value < low || value > high {
		r.reject(setting, "want a whole number from %d to %d, got %.80q", low, high, text)
		return fallback
	}
	return value
}

// fraction reads a number from 0 to less than 1.
func (r *reader) fraction(setting string, fallback float64) float64 {
	text := r.text(setting, strconv.FormatFloat(fallback, 'g', -1, 64))
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(value >= 0 && value < 1) {
		r.reject(setting, "want a number from 0 to less than 1, got %.80q", text)
		return fallback
	}
	return value
}

// number reads a number from low to high.
func (r *reader) number(setting string, fallback, low, high float64) float64 {
	text := r.text(setting, strconv.FormatFloat(fallback, 'g', -1, 64))
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(value >= low && value <= high) {
		r.reject(setting, "want a number from %g to %g, got %.80q", low, high, text)
		return fallback
	}
	return value
}

// duration reads a duration from low to high.
func (r *reader) duration(setting string, fallback, low, high time.Duration) time.Duration {
	text := r.text(setting, fallback.String())
	value, err := time.ParseDuration(text)
	if err != nil || value < low || value > high {
		r.reject(setting, "want a duration such as %v, from %v to %v, got %.80q", fallback, low, high, text)
		return fallback
	}
	return value
}

// parseURL returns the URL in text, its host in the canonical spelling. It returns
// nil unless the URL has one of schemes, a valid host and, if any, a valid port. It
// also returns nil for an @ after the host: a password with a slash in it ends the
// part with the host, and the rest of it would be taken for a path, which errors
// show.
func parseURL(text string, schemes ...string) *url.URL {
	parsed, err := url.Parse(text)
	if err != nil || !slices.Contains(schemes, parsed.Scheme) || !validPort(parsed) {
		return nil
	}
	_, rest, _ := strings.Cut(text, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 && strings.Contains(rest[end:], "@") {
		return nil
	}
	host, ok := egress.CanonicalHost(parsed.Hostname())
	if !ok || strings.HasPrefix(parsed.Host, "[") != strings.Contains(parsed.Hostname(), ":") {
		return nil
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := parsed.Port(); port != "" {
		host += ":" + port
	}
	parsed.Host = host
	return parsed
}

// validPort reports whether a URL has a valid port, or none.
func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return true
	}
	_, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil
}

package otlp

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// prefix begins the names of all variables.
const prefix = "OTEL_EXPORTER_OTLP_"

// Protocol is the one that this package speaks, as OTEL_EXPORTER_OTLP_PROTOCOL calls it.
const Protocol = "http/protobuf"

// SettingError is a wrong variable, for which a default is taken. Its text repeats no
// header and no URL, which may hold credentials.
type SettingError struct{ Err error }

func (e *SettingError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *SettingError) Unwrap() error { return e.Err }

// settings say where one signal is sent.
type settings struct {
	url      string
	headers  map[string]string
	timeout  time.Duration
	compress bool
	tls      *tls.Config // nil for the default
}

// variables reads the variables of one signal: OTEL_EXPORTER_OTLP_NAME, over which
// OTEL_EXPORTER_OTLP_SIGNAL_NAME takes precedence.
type variables struct {
	signal string // TRACES or METRICS
	report func(error)
}

func (v variables) both(name string) [2]string {
	return [2]string{variable(name), variable(v.signal + "_" + name)}
}

func variable(name string) string { return strings.TrimSpace(os.Getenv(prefix + name)) }

// get returns the value that takes precedence.
func (v variables) get(name string) string {
	values := v.both(name)
	return cmp.Or(values[1], values[0])
}

// wrong reports a variable with a wrong value.
func (v variables) wrong(format string, args ...any) {
	v.report(&SettingError{fmt.Errorf(format, args...)})
}

// read returns the settings. It reports what is wrong, and fails if nothing could be
// sent.
func (v variables) read() (settings, error) {
	if protocol := cmp.Or(v.get("PROTOCOL"), Protocol); protocol != Protocol {
		return settings{}, fmt.Errorf("invalid OTLP protocol %.80q: want %s", protocol, Protocol)
	}
	to := v.endpoint()
	read := settings{url: to.String(), headers: map[string]string{}, timeout: 10 * time.Second, tls: v.tls()}
	if to.Scheme == "http" && read.tls != nil {
		return settings{}, errors.New("an http endpoint cannot have certificates")
	}
	for _, text := range v.both("HEADERS") {
		if headers := v.headers(text); text != "" {
			read.headers = headers
		}
	}
	read.compress = v.get("COMPRESSION") == "gzip"
	for _, text := range v.both("TIMEOUT") {
		if milliseconds, err := strconv.Atoi(text); err == nil {
			read.timeout = time.Duration(milliseconds) * time.Millisecond
		} else if text != "" {
			v.wrong("parse duration: %w", err)
		}
	}
	return read, nil
}

// endpoint returns the URL of a signal. A common one is the base of the path of each
// signal; a signal's own is taken as it is.
func (v variables) endpoint() url.URL {
	tail := "/v1/" + strings.ToLower(v.signal)
	to := url.URL{Scheme: "https", Host: "localhost:4318", Path: tail}
	common, own := v.both("ENDPOINT")[0], v.both("ENDPOINT")[1]
	if parsed := v.parseURL(common); parsed != nil {
		to = url.URL{Scheme: scheme(parsed), Host: parsed.Host, Path: path.Join("/", parsed.Path, tail)}
	}
	if parsed := v.parseURL(own); parsed != nil {
		to = url.URL{Scheme: scheme(parsed), Host: parsed.Host, Path: cmp.Or(parsed.Path, "/")}
	}
	switch insecure := v.get("INSECURE"); {
	case insecure == "":
	case strings.EqualFold(insecure, "true"):
		to.Scheme = "http"
	default:
		to.Scheme = "https"
	}
	return to
}

// parseURL returns nil for no URL.
func (v variables) parseURL(text string) *url.URL {
	if text == "" {
		return nil
	}
	parsed, err := url.Parse(text)
	if err != nil {
		v.wrong("parse url of %s", v.signal) // the error repeats the URL
		return nil
	}
	return parsed
}

func scheme(of *url.URL) string {
	if strings.EqualFold(of.Scheme, "http") {
		return "http"
	}
	return "https"
}

// headers parses NAME=VALUE,…, with values in the encoding of URLs.
func (v variables) headers(text string) map[string]string {
	headers := map[string]string{}
	if text == "" {
		return headers
	}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		if !ok || !httpguts.ValidHeaderFieldName(name) {
			v.wrong("parse headers")
			continue
		}
		decoded, err := url.PathUnescape(value)
		if err != nil {
			v.wrong("escape header value")
			continue
		}
		headers[name] = strings.TrimSpace(decoded)
	}
	return headers
}

package config

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Events describes the receiver of job events. Without a Sink there is none.
type Events struct {
	Sink       *url.URL
	Samples    bool // each sample is an event
	Extensions map[string]string
	CACerts    string // PEM; "" is the system's
}

// events reads EVENTS_SINK, or what a Knative SinkBinding injects: K_SINK,
// K_CE_OVERRIDES and K_CA_CERTS.
func (r *reader) events() Events {
	e := Events{Samples: r.flag("EVENTS_SAMPLES", true), CACerts: r.text("K_CA_CERTS", "")}
	name := "EVENTS_SINK"
	if r.text(name, "") == "" {
		name = "K_SINK"
	}
	if text := r.text(name, ""); text != "" {
		e.Sink = r.httpURL(name, text)
	}
	if text := r.text("K_CE_OVERRIDES", ""); text != "" {
		var overrides struct {
			Extensions map[string]string `json:"extensions"`
		}
		if err := json.Unmarshal([]byte(text), &overrides); err != nil {
			r.reject("K_CE_OVERRIDES", `want {"extensions": {"name": "value", …}}`)
		}
		e.Extensions = overrides.Extensions
	}
	for extension := range e.Extensions {
		if !isExtensionName(extension) || slices.Contains(ownAttributes, extension) {
			r.reject("K_CE_OVERRIDES", "want extensions named by a-z and 0-9, none of %v, got %.80q", ownAttributes, extension)
		}
	}
	return e
}

// isExtensionName reports whether CloudEvents allow a name: 1 to 64 of a-z and 0-9.
func isExtensionName(text string) bool {
	other := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }
	return text != "" && len(text) <= 64 && !strings.ContainsFunc(text, other)
}

// ownAttributes are the attributes that each event already has.
var ownAttributes = []string{
	"id", "source", "specversion", "type", "time", "subject", "datacontenttype", "dataschema", "data", "data_base64",
	"sequence", "partitionkey",
}

// httpURL reads an http or https URL with a host and without credentials, which
// would end up in an error text. A wrong one is not shown.
func (r *reader) httpURL(setting, text string) *url.URL {
	parsed := parseURL(text, "http", "https")
	switch {
	case parsed == nil:
		r.reject(setting, "want http://… or https://… with a host")
	case parsed.User != nil:
		r.reject(setting, "want a URL without user and password")
	default:
		return parsed
	}
	return nil
}

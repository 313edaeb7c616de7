package pingsource

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/core/job"
)

// Destination is where ticks are sent: an object that has an address, or a URL. It is
// the part of Knative's Destination that kubejobs writes. Knative's own type would bring
// the types of all pods, a tenth of the program.
type Destination struct {
	Ref *Reference `json:"ref,omitempty"`
	// URI is absolute, or relative to the address of Ref.
	URI string `json:"uri,omitempty"`
	// Audience is that of the tokens that come with the ticks.
	Audience *string `json:"audience,omitempty"`
}

// Reference names an object in Kubernetes.
type Reference struct {
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
	APIVersion string `json:"apiVersion,omitempty"`
}

// ParseSink parses the destination of ticks: "ksvc/NAME" or "ksvc/NAME/PATH" is a
// Knative Service in namespace, anything else a URL.
func ParseSink(text, namespace string) (Destination, error) {
	if name, ok := strings.CutPrefix(text, "ksvc/"); ok {
		name, path, _ := strings.Cut(name, "/")
		if _, err := job.ParseID(name); err != nil {
			return Destination{}, fmt.Errorf("sink %s: want ksvc/NAME", quoted(text))
		}
		sink := Destination{Ref: &Reference{
			APIVersion: "serving.knative.dev/v1", Kind: "Service", Name: name, Namespace: namespace,
		}}
		if path != "" {
			sink.URI = (&url.URL{Path: "/" + path}).String()
		}
		return sink, nil
	}
	target, err := url.Parse(text)
	if err != nil || target.Host == "" {
		return Destination{}, fmt.Errorf("sink %s: want ksvc/NAME or a URL with a host", quoted(text))
	}
	return Destination{URI: target.String()}, nil
}

// quoted returns the beginning of a text in quotes, in which a character may take ten.
func quoted(text string) string {
	const longest = 100
	return failure.Shorten(strconv.Quote(text), longest)
}

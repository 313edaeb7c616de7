package adapter

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

// eventType is the type of every tick.
const eventType = "dev.knative.sources.ping"

// Sink is where a PingSource sends its ticks.
type Sink struct {
	Ref *Reference `json:"ref"`
	URI string     `json:"uri"`
}

// Reference names an object that has an address.
type Reference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"` // default: that of the PingSource
	Name       string `json:"name"`
}

// source is a PingSource.
type source struct {
	name types.NamespacedName
	spec spec
}

type spec struct {
	Schedule    string `json:"schedule"`
	Timezone    string `json:"timezone"`
	ContentType string `json:"contentType"`
	Data        string `json:"data"`
	DataBase64  string `json:"dataBase64"`
	CEOverrides struct {
		Extensions map[string]string `json:"extensions"`
	} `json:"ceOverrides"`
	Sink Sink `json:"sink"`
}

func parse(object *unstructured.Unstructured) (source, error) {
	s := source{name: types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}}
	fields, _, err := unstructured.NestedMap(object.Object, "spec")
	if err != nil {
		return s, err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &s.spec); err != nil {
		return s, err
	}
	if ref := s.spec.Sink.Ref; ref != nil && ref.Namespace == "" {
		ref.Namespace = s.name.Namespace
	}
	return s, nil
}

// cron returns the schedule with the time zone.
func (s *source) cron() string {
	if s.spec.Timezone == "" {
		return s.spec.Schedule
	}
	return "CRON_TZ=" + s.spec.Timezone + " " + s.spec.Schedule
}

// event returns the header and the body of a tick in binary mode.
func (s *source) event(id string, sent time.Time) (http.Header, []byte) {
	header := http.Header{
		"Ce-Id":          {id},
		"Ce-Source":      {fmt.Sprintf("/apis/v1/namespaces/%s/pingsources/%s", s.name.Namespace, s.name.Name)},
		"Ce-Specversion": {"1.0"},
		"Ce-Time":        {sent.UTC().Format(time.RFC3339Nano)},
		"Ce-Type":        {eventType},
		"Kn-Namespace":   {s.name.Namespace},
	}
	for name, value := range s.spec.CEOverrides.Extensions {
		header.Set("Ce-"+name, value)
	}
	body := []byte(s.spec.Data)
	if s.spec.DataBase64 != "" {
		body, _ = base64.StdEncoding.DecodeString(s.spec.DataBase64) // the API server checked it
	}
	if len(body) > 0 && s.spec.ContentType != "" {
		header.Set("Content-Type", s.spec.ContentType)
	}
	return header, body
}

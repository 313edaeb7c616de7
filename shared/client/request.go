package client

import (
	"encoding/json"

	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// Encode returns a request as the body of a start has it, in the format of Asperathos'
// Manager. What is zero is left out, so that the server fills it in. Plugin is kubejobs if
// it is "". ID, Caller and Fingerprint are no part of it.
func Encode(r monitor.Request) ([]byte, error) {
	body := wireRequest{Plugin: r.Plugin, Period: r.Period.Seconds(), Info: wireInfo{
		Budget: r.Budget.Seconds(), Items: r.Items, Host: r.QueueHost, Port: r.QueuePort,
		Strategy: r.Strategy, Heuristics: r.Heuristics, Control: newWireControl(r.Control),
	}}
	if body.Plugin == "" {
		body.Plugin = plugin
	}
	if !r.Submitted.IsZero() {
		body.Info.Submitted = r.Submitted.UTC().Format(submissionLayout)
	}
	if queue := (wireQueue{r.QueueLists, r.QueueDatabase}); queue != (wireQueue{}) {
		body.Info.Queue = &queue
	}
	if d := r.Database; d != nil {
		body.Info.Visualizer, body.Info.Source = true, "influxdb"
		body.Info.Database = &wireDatabase{d.Host, d.Port, d.Name}
	}
	return json.Marshal(body)
}

const (
	plugin = "kubejobs"
	// submissionLayout is a time in Asperathos.
	submissionLayout = "2006-01-02T15:04:05.000000GMT"
)

type wireRequest struct {
	Plugin string   `json:"plugin"`
	Info   wireInfo `json:"plugin_info"`
	Period float64  `json:"collect_period,omitempty"` // seconds
}

type wireInfo struct {
	Budget     float64         `json:"expected_time"` // seconds
	Items      int64           `json:"number_of_jobs,omitempty"`
	Submitted  string          `json:"submission_time,omitempty"`
	Host       string          `json:"redis_ip,omitempty"`
	Port       int             `json:"redis_port,omitempty"`
	Queue      *wireQueue      `json:"queue,omitempty"`
	Strategy   string          `json:"scaling_strategy,omitempty"`
	Heuristics json.RawMessage `json:"heuristic_options,omitempty"`
	Visualizer bool            `json:"enable_visualizer,omitempty"`
	Source     string          `json:"datasource_type,omitempty"`
	Database   *wireDatabase   `json:"database_data,omitempty"`
	Control    *wireControl    `json:"control,omitempty"`
}

type wireQueue struct {
	job.Lists

	Database int `json:"database,omitempty"`
}

type wireDatabase struct {
	Host string `json:"url"`
	Port int    `json:"port,omitempty"`
	Name string `json:"name"`
}

// wireControl is a job.Control in which what is zero is left out.
type wireControl struct {
	Min        int64       `json:"min_replicas,omitempty"`
	Max        int64       `json:"max_replicas,omitempty"`
	Confidence float64     `json:"confidence,omitempty"`
	Graceful   bool        `json:"graceful,omitempty"`
	Actuator   string      `json:"actuator,omitempty"`
	Target     *wireTarget `json:"target,omitempty"`
}

type wireTarget struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name,omitempty"`
}

func newWireControl(c *job.Control) *wireControl {
	if c == nil {
		return nil
	}
	w := wireControl{Min: c.Min, Max: c.Max, Confidence: c.Confidence, Graceful: c.Graceful, Actuator: c.Actuator}
	if c.Target != nil {
		w.Target = &wireTarget{c.Target.Kind, c.Target.Name}
	}
	return &w
}

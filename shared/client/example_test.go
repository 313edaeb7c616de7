package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"kubejobs/shared/client"
	"kubejobs/shared/core/job"
	"kubejobs/shared/monitor"
)

// canned is a server whose answers are fixed, in place of a running one.
func canned(answers map[string]string) (*client.Client, func()) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := answers[r.Method+" "+r.URL.Path]
		switch {
		case !ok:
			w.WriteHeader(http.StatusNotFound)
			text = `{"error_code":404,"error_message":"no such job","error_name":"NOT_FOUND"}`
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusAccepted)
		case text[0] != '{':
			w.Header().Set("Content-Type", "text/event-stream")
		}
		fmt.Fprint(w, text)
	}))
	c, err := client.New(client.Options{Server: server.URL})
	if err != nil {
		panic(err)
	}
	return c, server.Close
}

func ExampleClient_Start() {
	c, end := canned(map[string]string{
		"POST /monitoring/resize": `{"number_of_jobs":200,"expected_time":1800,"deadline":"2026-11-24T12:30:00Z","warnings":[]}`,
	})
	defer end()
	started, err := c.Start(context.Background(), monitor.Request{
		ID: "resize", Budget: 30 * time.Minute, QueueHost: "127.0.0.1", QueuePort: 6390, Control: &job.Control{Max: 40},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(started.Items, "items until", started.Deadline.Format(time.RFC3339))
	// Output: 200 items until 2026-11-24T12:30:00Z
}

func ExampleClient_Status() {
	c, end := canned(nil)
	defer end()
	_, err := c.Status(context.Background(), "resize")
	switch {
	case errors.Is(err, client.ErrNotFound):
		fmt.Println("start it first")
	case errors.Is(err, client.ErrUnavailable):
		fmt.Println("try again")
	}
	// Output: start it first
}

func ExampleClient_Samples() {
	c, end := canned(map[string]string{
		"GET /monitoring/resize/samples": `{"job":"resize","samples":[
			{"timestamp":1795500384000,"at":"2026-11-24T05:46:24Z","job_progress":0.25,"time_progress":0.5,"error":-0.25,"replicas":2},
			{"timestamp":1795500386000,"at":"2026-11-24T05:46:26Z","job_progress":0.5,"time_progress":0.6,"error":-0.1,"replicas":6}]}`,
	})
	defer end()
	for x, err := range c.Samples(context.Background(), "resize", monitor.SampleRange{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %.0f %% done, %d replicas\n", x.At.Format(time.TimeOnly), 100*x.Job, x.Replicas)
	}
	// Output:
	// 05:46:24 25 % done, 2 replicas
	// 05:46:26 50 % done, 6 replicas
}

func ExampleClient_Forecast() {
	c, end := canned(map[string]string{
		"GET /monitoring/resize/forecast": `{"id":"resize","phase":"running","forecast":{"enough_data":true,"miss_probability":0.04},"recommended_replicas":8,"curve":[]}`,
	})
	defer end()
	prospect, err := c.Forecast(context.Background(), "resize", monitor.WhatIf{Replicas: 10, Budget: 15 * time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	if f := prospect.Forecast; f != nil && f.Miss != nil {
		fmt.Printf("late with a probability of %.2f; %d replicas are enough\n", *f.Miss, prospect.Recommended)
	}
	// Output: late with a probability of 0.04; 8 replicas are enough
}

func ExampleClient_Watch() {
	c, end := canned(map[string]string{
		"GET /overview/events": "event: overview\ndata: {\"view\":\"sort=urgency&state=living\",\"total\":1,\"jobs\":[{\"id\":\"resize\",\"state\":\"at-risk\"}]}\n\n",
	})
	defer end()
	living := monitor.View{States: []string{monitor.StateLiving}, Order: monitor.OrderUrgency}
	for u, err := range c.Watch(context.Background(), client.Watched{Views: []monitor.View{living}}) {
		switch {
		case err != nil:
			fmt.Println(err)
		case u.Kind == client.UpdateOverview:
			for _, s := range u.Overview.Jobs {
				fmt.Println(s.ID, "is", s.State)
			}
			return // or go on: it comes again whenever something has changed
		case u.Kind == client.UpdateLost:
			fmt.Println("the server is lost:", u.Err)
		}
	}
	// Output: resize is at-risk
}

func ExampleClient_Follow() {
	c, end := canned(map[string]string{
		"GET /monitoring/resize/events": "id: 1795500386000\nevent: sample\ndata: {\"timestamp\":1795500386000,\"job_progress\":1}\n\n" +
			"id: 1795500386000.finished\nevent: phase\ndata: {\"phase\":\"finished\",\"reason\":\"the queue is empty\"}\n\n",
	})
	defer end()
	for event, err := range c.Follow(context.Background(), "resize", "") {
		switch {
		case err != nil:
			fmt.Println(err)
		case event.Sample != nil:
			fmt.Printf("%.0f %% done\n", 100*event.Sample.Job)
		default:
			fmt.Println(event.Phase, "because", event.Reason)
		}
	}
	// Output:
	// 100 % done
	// finished because the queue is empty
}

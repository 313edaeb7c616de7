package rig

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kubejobs/shared/testkit/proctest"
)

// Figures are what one measurement found.
type Figures struct {
	Ticks       int
	Rate        float64 // ticks a second
	CPU         float64 // seconds of processor time of the server, for 1,000 ticks
	RedisCPU    float64 // the same of the redis-servers
	P50, P99    time.Duration
	Commands    float64 // that the redis-servers ran, for a tick
	RoundTrips  float64 // reads of the redis-servers, for a tick
	Connections float64 // to the redis-servers, opened, for a tick
	RSS         int     // bytes, at the end
}

// Measure sends a load to a server and returns what it cost.
func (r *Rig) Measure(server *proctest.Process, l Load) Figures {
	r.tb.Helper()
	l.Addr = server.Addr()
	before := r.Counters()
	cpu, redisCPU := processorTime(r.tb, server.PID()), processorTime(r.tb, r.pids()...)
	sent := r.Send(l)
	cpu, redisCPU = processorTime(r.tb, server.PID())-cpu, processorTime(r.tb, r.pids()...)-redisCPU
	counted := r.Since(before)
	slices.Sort(sent.Took)
	n := float64(len(sent.Took))
	return Figures{
		Ticks: len(sent.Took), Rate: n / sent.Elapsed.Seconds(),
		CPU: cpu.Seconds() * 1000 / n, RedisCPU: redisCPU.Seconds() * 1000 / n,
		P50: sent.Took[len(sent.Took)/2], P99: sent.Took[len(sent.Took)*99/100],
		Commands: float64(counted.Commands) / n, RoundTrips: float64(counted.Reads) / n,
		Connections: float64(counted.Connections) / n, RSS: resident(r.tb, server.PID()),
	}
}

// Line returns figures as a line of a Go benchmark, which benchstat reads.
func (f Figures) Line(name string) string {
	var line strings.Builder
	fmt.Fprintf(&line, "%s\t%d\t%.0f ns/op", name, f.Ticks, 1e9/f.Rate)
	for _, figure := range []struct {
		value float64
		unit  string
	}{
		{f.Rate, "ticks/s"},
		{f.CPU, "cpu-s/1000ticks"},
		{f.RedisCPU, "redis-cpu-s/1000ticks"},
		{float64(f.P50.Nanoseconds()), "p50-ns"},
		{float64(f.P99.Nanoseconds()), "p99-ns"},
		{f.Commands, "commands/tick"},
		{f.RoundTrips, "roundtrips/tick"},
		{f.Connections, "connections/tick"},
		{float64(f.RSS), "RSS-bytes"},
	} {
		fmt.Fprintf(&line, "\t%.6g %s", figure.value, figure.unit)
	}
	return line.String()
}

// Median returns the median of a figure of several measurements.
func Median(of []Figures, figure func(Figures) float64) float64 {
	values := make([]float64, len(of))
	for i, f := range of {
		values[i] = figure(f)
	}
	return middle(values)
}

// Ratio returns the median of the ratios of a figure: each measurement by the one beside
// it, so that a machine whose speed drifts changes both.
func Ratio(of, by []Figures, figure func(Figures) float64) float64 {
	values := make([]float64, len(of))
	for i := range of {
		values[i] = figure(of[i]) / figure(by[i])
	}
	return middle(values)
}

func middle(values []float64) float64 {
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

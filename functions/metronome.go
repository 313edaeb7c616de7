package functions

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	beats "kubejobs/functions/metronome"
	roster "kubejobs/shared/drivers/metronome"
	"kubejobs/shared/drivers/tickbatch"
	"kubejobs/shared/monitor"
	"kubejobs/shared/platform/auth"
	"kubejobs/shared/platform/config"
	"kubejobs/shared/platform/httpapi"
)

// metronome ticks all jobs when one PingSource beats.
type metronome struct {
	*monitor.Metronome
	roster *roster.Roster
}

// openRoster makes the schedules entries of the state Redis, if the settings say so.
func (s *Set) openRoster() {
	if s.cfg.Scheduler == config.SchedulerMetronome {
		s.metronome.roster = roster.New(s.state)
		s.scheduler = s.metronome.roster
	}
}

// openMetronome creates the metronome of that roster. Its batches go to TICK_SINK, or stay
// in the instance without one.
func (s *Set) openMetronome(ctx context.Context) error {
	if s.metronome.roster == nil {
		return nil
	}
	o := monitor.MetronomeOptions{Now: s.now, Lost: func(reason monitor.LostReason, ticks int) {
		s.telemetry.TicksUnsent(ctx, string(reason), ticks)
	}}
	if s.cfg.TickSink != "" {
		sender, err := tickbatch.New(tickbatch.Options{
			Sink: batchSink(s.cfg.TickSink, s.pingNamespace()), Key: s.metronome.roster.Key, Wrap: s.telemetry.Transport, Now: s.now,
		})
		if err != nil {
			return fmt.Errorf("TICK_SINK: %w", err)
		}
		o.Batches = sender
	}
	s.metronome.Metronome = monitor.NewMetronome(s.metronome.roster, s.service.Tick, o, s.log)
	return nil
}

// batchSink returns the URL of a sink. That of the Knative Service "ksvc/NAME" or
// "ksvc/NAME/PATH" is the name that Knative gives it within the cluster.
func batchSink(sink, namespace string) string {
	service, ok := strings.CutPrefix(sink, "ksvc/")
	if !ok {
		return sink
	}
	name, path, _ := strings.Cut(service, "/")
	return "http://" + name + "." + namespace + ".svc.cluster.local/" + path
}

// addMetronome serves the beats of the metronome, and its batches.
func (s *Set) addMetronome(mux *routes) {
	beat, batch := s.metronomeHandlers()
	mux.Handle("/metronome", httpapi.Methods{http.MethodPost: beat})
	mux.Handle("/"+tickbatch.Path, httpapi.Methods{http.MethodPost: batch})
}

// metronomeHandlers returns the handlers of beats and of batches, which refuse everything
// if the settings select another scheduler.
func (s *Set) metronomeHandlers() (beat, batch http.Handler) {
	if s.metronome.Metronome == nil {
		refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			httpapi.Refuse(w, http.StatusNotFound, "the metronome is used only with SCHEDULER=metronome")
		})
		return refuse, refuse
	}
	open := func(ctx context.Context, body []byte, signature string) (monitor.Batch, error) {
		return tickbatch.Open(ctx, s.metronome.roster.Key, body, signature, s.now())
	}
	source := auth.Source{Kind: auth.PingSource, Namespace: s.pingNamespace(), Name: s.cfg.Auth.Sources.Metronome}
	return s.fromSource("beat", source, beats.NewBeat(s.metronome, s.log)),
		beats.NewBatch(s.metronome, open, tickbatch.Answer, s.log)
}

package functions

import (
	"context"
	"fmt"

	"kubejobs/shared/core/egress"
	"kubejobs/shared/drivers/dial"
	"kubejobs/shared/drivers/publish"
	"kubejobs/shared/drivers/publish/cloudevent"
	"kubejobs/shared/drivers/publish/influx"
	"kubejobs/shared/monitor"
)

// influxQueue is how many samples wait for one InfluxDB that is unavailable.
const influxQueue = 256

// openPublishers creates the publishers that the settings select. A job may name
// its own InfluxDB; policy decides whether its address is allowed.
func (s *Set) openPublishers(ctx context.Context, policy *egress.Policy, o publish.Options) error {
	in := s.cfg.Influx
	var err error
	s.influx, err = influx.New(influx.Options{
		URL: in.URL, Database: in.Database, User: in.User, Password: in.Password.Reveal(),
		Org: in.Org, Bucket: in.Bucket, Token: in.Token.Reveal(), Host: in.HostTag,
		Transport: s.telemetry.Transport, Credentials: s.secrets,
	}, dial.New(policy, "plugin_info.database_data.url", dialTimeout))
	if err != nil {
		return fmt.Errorf("INFLUX_URL: %w", err)
	}
	entries := []publish.Entry{{Publisher: s.influx, Queue: influxQueue}}
	if s.cfg.Events.Sink != nil {
		publisher, err := cloudevent.New(cloudevent.Options{
			Sink: s.cfg.Events.Sink, Namespace: s.cfg.JobNamespace,
			Extensions: s.cfg.Events.Extensions, CACerts: s.cfg.Events.CACerts, Transport: s.telemetry.Transport,
		})
		if err != nil {
			return fmt.Errorf("K_CA_CERTS: %w", err)
		}
		entries = append(entries, publish.Entry{Publisher: publisher})
	}
	o.Observe = func(publisher string, outcome monitor.DeliveryOutcome) {
		s.telemetry.Delivered(ctx, publisher, outcome)
	}
	s.fan = publish.NewFan(o, s.log, entries...)
	return s.telemetry.ObserveCircuits(ctx, s.fan.Circuits)
}

// closePublishers sends what waits, for at most a second.
func (s *Set) closePublishers(ctx context.Context) {
	if s.fan == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	s.fan.Close(ctx)
	s.influx.Close()
}

package functions

import (
	"context"
	"fmt"

	"kubejobs/shared/publish"
	"kubejobs/shared/publish/events"
)

// openPublishers makes those that the settings name, beside the Controller's
// list.
func (s *Set) openPublishers() error {
	var entries []publish.Entry
	if s.cfg.Events.Sink != nil {
		publisher, err := events.New(events.Options{
			Sink: s.cfg.Events.Sink, Namespace: s.cfg.JobNamespace,
			Extensions: s.cfg.Events.Extensions, CACerts: s.cfg.Events.CACerts,
		})
		if err != nil {
			return fmt.Errorf("K_CA_CERTS: %w", err)
		}
		entries = append(entries, publish.Entry{Publisher: publisher})
	}
	s.fan = publish.NewFan(publish.Options{}, s.log, entries...)
	return nil
}

// closePublishers sends what waits, for a second.
func (s *Set) closePublishers(ctx context.Context) {
	if s.fan == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	s.fan.Close(ctx)
}

package functions

import (
	"net/http"

	"kubejobs/shared/platform/httpapi"
)

// Routes returns the patterns of a unit's mux with their methods, nil for a pattern that
// takes any.
func (s *Set) Routes() map[string]map[string][]string {
	units := map[string]map[string][]string{}
	for unit, mux := range map[string]*routes{
		"monitor": s.monitorMux(s.helpAlone()), "tick": s.tickMux(), "sweep": s.sweepMux(), "all": s.allMux(),
	} {
		units[unit] = map[string][]string{}
		for pattern, handler := range mux.handlers {
			units[unit][pattern] = methods(handler)
		}
	}
	return units
}

func methods(handler http.Handler) []string {
	byName, ok := handler.(httpapi.Methods)
	if !ok {
		return nil
	}
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	return names
}

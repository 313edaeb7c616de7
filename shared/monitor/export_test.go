package monitor

// Acting returns how many actions on replicas are under way.
func (s *Service) Acting() int {
	s.scaling.mu.Lock()
	defer s.scaling.mu.Unlock()
	return len(s.scaling.underWay)
}

package controllerlist_test

import (
	"cmp"
	"slices"

	"kubejobs/shared/core/sample"
	"kubejobs/shared/drivers/controllerlist"
)

// model is what the script is meant to keep: the list, and which ticks and instants
// were pushed.
type model struct {
	list    []string
	pushed  map[string]int64
	expires bool // the list
	evicted bool // the ticks were, once
}

const foreign = "theirs"

// own reports whether an element is of the job; so is a list without one.
func (m *model) own(last bool) bool {
	switch {
	case len(m.list) == 0:
		return true
	case last:
		return m.list[len(m.list)-1] != foreign
	default:
		return m.list[0] != foreign
	}
}

// push pushes a sample; false if the list is somebody else's.
func (m *model) push(element sample.Element, tick, instant string, at int64) bool {
	_, ticked := m.pushed[tick]
	_, due := m.pushed[instant]
	if ticked || due && instant != "" {
		return true
	}
	newest := m.own(true)
	if !newest && len(m.pushed) == 0 || !m.own(false) && len(m.list) >= controllerlist.MaxLength {
		return false
	}
	for _, other := range m.pushed {
		at = max(at, other+1)
	}
	m.list = append(m.list, element.At(at))
	for len(m.list) > controllerlist.MaxLength && m.own(false) {
		m.list = m.list[1:]
	}
	m.expires = m.expires || newest && m.own(false)
	m.pushed[tick] = at
	if instant != "" {
		m.pushed[instant] = at
	}
	m.forget()
	return true
}

// forget keeps the newest entries.
func (m *model) forget() {
	const remembered = 512
	if len(m.pushed) <= remembered {
		return
	}
	names := make([]string, 0, len(m.pushed))
	for name := range m.pushed {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(m.pushed[a], m.pushed[b]), cmp.Compare(a, b)) })
	for _, name := range names[:len(names)-remembered] {
		delete(m.pushed, name)
	}
}

// other changes what the Controller, others and an eviction change.
func (m *model) other(operation byte) {
	switch operation {
	case pop:
		m.list = m.list[:max(len(m.list)-1, 0)]
		m.expires = m.expires && len(m.list) > 0
	case fill:
		m.list = append(m.list, foreign)
	case evict:
		clear(m.pushed)
		m.evicted = true
	}
}

// Values of the third byte of an operation that is no push.
const (
	pop   = 0
	evict = 254
	fill  = 255
)

package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// defaultSection is the section whose keys count in every other.
const defaultSection = "DEFAULT"

// ini is a file by section and key.
type ini map[string]map[string]string

// get returns the value of a key, or that of the section DEFAULT.
func (f ini) get(section, key string) string {
	if value, ok := f[section][key]; ok {
		return value
	}
	return f[defaultSection][key]
}

// parseINI parses a file as Python's configparser.RawConfigParser does, which the
// Asperathos Monitor uses: a key and its value are separated by the first = or :,
// keys are in any case, a line that is indented more than its key continues the
// value, # and ; begin a comment only at the beginning of a line, and nothing in a
// value is special. A section or key that is given twice is an error. In addition it
// accepts a byte order mark.
func parseINI(text string) (ini, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("want UTF-8")
	}
	p := iniParser{file: ini{}, given: map[[2]string]bool{}}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff"))
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	for _, keys := range p.file {
		for key, value := range keys {
			keys[key] = strings.TrimRightFunc(value, unicode.IsSpace)
		}
	}
	return p.file, nil
}

// iniParser is the state between two lines.
type iniParser struct {
	file    ini
	given   map[[2]string]bool // sections and keys
	section string             // "" before the first
	key     string             // whose value a line can continue; "" for none
	indent  int                // of the key's line
}

// line reads a line.
func (p *iniParser) line(line string) error {
	text := strings.TrimSpace(line)
	switch {
	case text == "":
		if p.key != "" {
			p.file[p.section][p.key] += "\n"
		}
		return nil
	case text[0] == '#' || text[0] == ';':
		return nil
	}
	indent := utf8.RuneCountInString(line) - utf8.RuneCountInString(strings.TrimLeftFunc(line, unicode.IsSpace))
	if p.key != "" && indent > p.indent {
		p.file[p.section][p.key] += "\n" + text
		return nil
	}
	p.indent = indent
	if end := strings.LastIndexByte(text, ']'); text[0] == '[' && end > 1 {
		return p.header(text[1:end])
	}
	return p.option(text)
}

// header begins a section.
func (p *iniParser) header(section string) error {
	if p.given[[2]string{section}] && section != defaultSection {
		return fmt.Errorf("the section %.80q is given twice", section)
	}
	p.given[[2]string{section}] = true
	p.section, p.key = section, ""
	if p.file[section] == nil {
		p.file[section] = map[string]string{}
	}
	return nil
}

// option reads a key and the first line of its value.
func (p *iniParser) option(text string) error {
	at := strings.IndexAny(text, "=:")
	switch {
	case p.section == "":
		return errors.New("want a section, such as [general], before the first key")
	case at < 0:
		return errors.New("want key = value")
	}
	key := strings.ToLower(strings.TrimSpace(text[:at]))
	if key == "" {
		return errors.New("want a key before the = or : sign")
	}
	if p.given[[2]string{p.section, key}] {
		return fmt.Errorf("the key %.80q is given twice in [%.80s]", key, p.section)
	}
	p.given[[2]string{p.section, key}] = true
	p.key = key
	p.file[p.section][key] = strings.TrimSpace(text[at+1:])
	return nil
}

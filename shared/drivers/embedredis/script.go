package embedredis

import (
	"crypto/sha1" //nolint:gosec // Redis names scripts by their SHA-1
	"encoding/hex"
	"strings"
	"sync"
)

// confine is the beginning of each script: it removes the functions of miniredis's Lua
// that read files or write to the program's terminal. Redis has none of them. It is in
// the script's first line, so that errors name the lines that the client knows.
const confine = "dofile, loadfile, require, module, package, print, _printregs = nil; "

// scripts confines scripts, and knows which confined script stands for which digest.
type scripts struct {
	mu       sync.Mutex
	confined map[string]string // by the digest of a script, that of the confined one
}

// rewrite changes the arguments of a command that runs, loads or names scripts.
func (s *scripts) rewrite(command string, arguments []string) {
	switch {
	case len(arguments) == 0:
	case command == "EVAL", command == "EVAL_RO":
		arguments[0] = s.confine(arguments[0])
	case command == "EVALSHA", command == "EVALSHA_RO":
		arguments[0] = s.digestOf(arguments[0])
	case command == "SCRIPT" && strings.EqualFold(arguments[0], "load") && len(arguments) == 2:
		arguments[1] = s.confine(arguments[1])
	case command == "SCRIPT" && strings.EqualFold(arguments[0], "exists"):
		for i, name := range arguments[1:] {
			arguments[i+1] = s.digestOf(name)
		}
	}
}

// confine returns the script that is run instead of the given one.
func (s *scripts) confine(script string) string {
	confined := confine + script
	s.mu.Lock()
	defer s.mu.Unlock()
	s.confined[digest(script)] = digest(confined)
	return confined
}

// digestOf returns the digest of the script that stands for the one of that digest.
func (s *scripts) digestOf(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if confined, ok := s.confined[strings.ToLower(name)]; ok {
		return confined
	}
	return name // also one that SCRIPT LOAD returned
}

func digest(script string) string {
	sum := sha1.Sum([]byte(script)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

package redisstore

import (
	"github.com/goccy/go-json"
)

// Each tick decodes a job's request and state and encodes its state. go-json writes what
// encoding/json writes, and reads what it reads, in less than half the time.

func encode(value any) ([]byte, error) { return json.Marshal(value) }

func decode(text string, target any) error { return json.Unmarshal([]byte(text), target) }

// Package openapitest compares what the functions answer with the description of the
// API: a test wraps a handler or a transport with it, and fails on each answer that the
// description does not allow.
package openapitest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"kubejobs/functions/openapi"
	"kubejobs/functions/openapi/describe"
)

// location is the name under which the compiler knows the document.
const location = "file:///openapi.json"

// contract is the description, ready to check answers.
type contract struct {
	operations map[string]*describe.Operation // by id
	paths      map[string][]*describe.Operation

	mu       sync.Mutex // the compiler is not safe for concurrent use
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

// load returns the contract; the same one each time.
var load = sync.OnceValue(func() *contract {
	c, err := newContract(openapi.Document())
	if err != nil {
		panic(err) // a test of the document says more
	}
	return c
})

func newContract(document []byte) (*contract, error) {
	described, err := describe.Parse(document)
	if err != nil {
		return nil, err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	c := &contract{
		operations: map[string]*describe.Operation{}, paths: map[string][]*describe.Operation{},
		compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{},
	}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(location, value); err != nil {
		return nil, err
	}
	for _, o := range described.Operations() {
		c.operations[o.ID] = o
		path := strings.TrimSuffix(o.Path, ".json") // see httpapi.CleanPath
		c.paths[path] = append(c.paths[path], o)
	}
	return c, nil
}

// schema returns the schema at a place in the document.
func (c *contract) schema(place ...string) (*jsonschema.Schema, error) {
	for i, name := range place {
		place[i] = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(name)
	}
	pointer := "#/" + strings.Join(place, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.compiled[pointer]; known != nil {
		return known, nil
	}
	schema, err := c.compiler.Compile(location + pointer)
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", pointer, err)
	}
	c.compiled[pointer] = schema
	return schema, nil
}

// find returns the operations of the path of a request to a unit. The units tick and
// sweep serve one operation on all other paths.
func (c *contract) find(unit string, u *url.URL) []*describe.Operation {
	path := strings.TrimSuffix(u.Path, ".json")
	var found []*describe.Operation
	for pattern, operations := range c.paths {
		if !matches(pattern, segments(u)) {
			continue
		}
		for _, o := range operations {
			if slices.Contains(o.Units, unit) {
				found = append(found, o)
			}
		}
	}
	anywhere := map[string]string{"tick": "tick", "sweep": "sweep"}[unit]
	if len(found) == 0 && anywhere != "" && !strings.HasPrefix(path, "/health/") {
		found = append(found, c.operations[anywhere])
	}
	return found
}

// segments returns the parts of a path between its slashes, but not between those that
// are escaped.
func segments(u *url.URL) []string {
	parts := strings.Split(u.EscapedPath(), "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = plain
		}
	}
	last := &parts[len(parts)-1]
	*last = strings.TrimSuffix(*last, ".json")
	return parts
}

// matches reports whether a path fits a pattern. The name of a parameter fits any
// segment, the empty one too.
func matches(pattern string, got []string) bool {
	want := strings.Split(pattern, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

// method returns the method under which a request is described.
func method(of string) string {
	if of == http.MethodHead {
		return http.MethodGet
	}
	return of
}

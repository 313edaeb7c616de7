package describe

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Document is an OpenAPI document, as far as it is shown.
type Document struct {
	Info struct {
		Title, Version, Summary, Description string
	}
	Tags       []Tag
	Paths      map[string]PathItem
	Components struct {
		Schemas    map[string]*Schema
		Parameters map[string]Parameter
		Responses  map[string]Response
		Headers    map[string]Header
	}
}

// Tag is a group of operations.
type Tag struct{ Name, Description string }

// PathItem is a path and its operations.
type PathItem struct {
	Parameters     []Parameter
	Get, Post, Put *Operation
}

// Operation is a call.
type Operation struct {
	ID          string `json:"operationId"`
	Tags        []string
	Units       []string `json:"x-units"`
	Summary     string
	Description string
	Parameters  []Parameter
	RequestBody *Body
	Responses   map[string]Response

	Method    string `json:"-"`
	Path      string `json:"-"`
	Inherited int    `json:"-"` // how many of the parameters are those of the path
}

// Parameter is a part of the path, of the query or of the header.
type Parameter struct {
	Ref         string `json:"$ref"`
	Name        string
	In          string
	Required    bool
	Description string
	Schema      *Schema
	Example     any

	Component string `json:"-"` // its name, "" if it is none
}

// Body is the body of a request.
type Body struct {
	Required    bool
	Description string
	Content     map[string]Media
}

// Response is an answer.
type Response struct {
	Ref         string `json:"$ref"`
	Description string
	Headers     map[string]Header
	Content     map[string]Media
	// BodyOptional means that an answer without a body is right too.
	BodyOptional bool `json:"x-body-optional"`

	Component string `json:"-"` // its name, "" if it is none
}

// Header is a header of an answer.
type Header struct {
	Ref         string `json:"$ref"`
	Description string
	Required    bool
	Schema      *Schema

	Component string `json:"-"` // its name, "" if it is none
}

// Media is a body in one format.
type Media struct {
	Schema   *Schema
	Line     *Schema            `json:"x-line"`   // of each line
	Events   map[string]*Schema `json:"x-events"` // of the data of server-sent events, by their type
	Examples map[string]Example
}

// Example is a value that fits.
type Example struct {
	Summary string
	Value   any
}

// Parse reads a document and resolves the references in it, except for those of schemas.
func Parse(text []byte) (*Document, error) {
	var d Document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	for path, item := range d.Paths {
		for _, o := range item.operations() {
			o.Path = path
			if err := d.resolve(o, item); err != nil {
				return nil, fmt.Errorf("%s %s: %w", o.Method, path, err)
			}
		}
	}
	return &d, nil
}

// operations returns the operations of a path, with their methods.
func (p PathItem) operations() []*Operation {
	var found []*Operation
	for _, one := range []struct {
		method    string
		operation *Operation
	}{{http.MethodGet, p.Get}, {http.MethodPost, p.Post}, {http.MethodPut, p.Put}} {
		if one.operation != nil {
			one.operation.Method = one.method
			found = append(found, one.operation)
		}
	}
	return found
}

// Operations returns all operations, by path and method.
func (d *Document) Operations() []*Operation {
	var found []*Operation
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		found = append(found, d.Paths[path].operations()...)
	}
	return found
}

// resolve replaces the references of an operation, and adds the parameters of its path.
func (d *Document) resolve(o *Operation, item PathItem) error {
	o.Inherited, o.Parameters = len(item.Parameters), slices.Concat(item.Parameters, o.Parameters)
	for i, p := range o.Parameters {
		if err := resolved(&o.Parameters[i], p.Ref, d.Components.Parameters); err != nil {
			return err
		}
		o.Parameters[i].Component = component(p.Ref)
	}
	for status, r := range o.Responses {
		if err := resolved(&r, r.Ref, d.Components.Responses); err != nil {
			return err
		}
		r.Component, r.Headers = component(o.Responses[status].Ref), maps.Clone(r.Headers)
		for name, h := range r.Headers {
			ref := h.Ref
			if err := resolved(&h, ref, d.Components.Headers); err != nil {
				return err
			}
			h.Component = component(ref)
			r.Headers[name] = h
		}
		o.Responses[status] = r
	}
	return nil
}

// resolved replaces value by the component that ref names; "" names none.
func resolved[T any](value *T, ref string, components map[string]T) error {
	if ref == "" {
		return nil
	}
	found, ok := components[component(ref)]
	if !ok {
		return fmt.Errorf("there is no %s", ref)
	}
	*value = found
	return nil
}

// component returns the name of the component that a reference names.
func component(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

package openapitest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"kubejobs/functions/openapi/describe"
)

// operation checks an exchange of an operation.
func (c *contract) operation(o *describe.Operation, x exchange) error {
	status := strconv.Itoa(x.status)
	answer, described := o.Responses[status]
	if !described {
		return fmt.Errorf("%s does not describe status %s", o.ID, status)
	}
	err := c.headers(o, answer, x)
	if x.status < http.StatusMultipleChoices {
		err = errors.Join(err, c.request(o, x))
	}
	return errors.Join(err, c.content(o, status, answer, x))
}

// headers checks the described headers of an answer.
func (c *contract) headers(o *describe.Operation, answer describe.Response, x exchange) error {
	var wrong []error
	for name, header := range answer.Headers {
		values := x.answered.Values(name)
		if header.Required && len(values) == 0 {
			wrong = append(wrong, fmt.Errorf("%s: the header %s is missing", o.ID, name))
		}
		for _, value := range values {
			place := c.place(o, x.status, answer, "headers", name, "schema")
			if header.Component != "" {
				place = []string{"components", "headers", header.Component, "schema"}
			}
			schema, err := c.schema(place...)
			if err == nil {
				err = schema.Validate(value)
			}
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s: header %s: %w", o.ID, name, err))
			}
		}
	}
	return errors.Join(wrong...)
}

// place returns where a part of an answer is in the document.
func (c *contract) place(o *describe.Operation, status int, answer describe.Response, rest ...string) []string {
	if answer.Component != "" {
		return append([]string{"components", "responses", answer.Component}, rest...)
	}
	return append([]string{"paths", o.Path, lower(o.Method), "responses", strconv.Itoa(status)}, rest...)
}

// content checks the body of an answer.
func (c *contract) content(o *describe.Operation, status string, answer describe.Response, x exchange) error {
	name, err := mediaType(x.answered)
	if err != nil {
		return fmt.Errorf("%s %s: %w", o.ID, status, err)
	}
	if len(x.body) == 0 && (len(answer.Content) == 0 || x.method == http.MethodHead || answer.BodyOptional || !x.complete) {
		return nil
	}
	media, described := answer.Content[name]
	if !described {
		return fmt.Errorf("%s %s: a body of type %q is not described: %.200q", o.ID, status, name, x.body)
	}
	at := func(rest ...string) []string {
		return c.place(o, x.status, answer, append([]string{"content", name}, rest...)...)
	}
	switch {
	case len(media.Events) > 0:
		err = c.events(x, at)
	case media.Line != nil:
		err = c.lines(x, at("x-line"))
	case name == "application/json":
		err = c.json(x, at("schema"))
	case x.complete:
		err = c.text(x, at("schema"))
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w in %.600q", o.ID, status, err, x.body)
	}
	return nil
}

func (c *contract) json(x exchange, place []string) error {
	if !x.complete {
		return nil
	}
	schema, err := c.schema(place...)
	if err != nil {
		return err
	}
	if err := validate(schema, x.body); err != nil {
		return err
	}
	if x.status >= http.StatusBadRequest {
		return x.failure()
	}
	return nil
}

func (c *contract) text(x exchange, place []string) error {
	schema, err := c.schema(place...)
	if err != nil {
		return err
	}
	return schema.Validate(string(x.body))
}

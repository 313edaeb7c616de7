// Package describe makes the description of the API from its parts: one document, and
// a page of it.
package describe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"

	"sigs.k8s.io/yaml"
)

// Merge returns the document that the YAML files of a folder are the parts of, as JSON.
// A value that two files give is an error.
func Merge(folder fs.FS) ([]byte, error) {
	files, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, err
	}
	whole := map[string]any{}
	for _, name := range files {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		var part map[string]any
		if err := yaml.UnmarshalStrict(text, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := merge(whole, part, ""); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(whole); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// merge adds the values of part to whole, which are at path.
func merge(whole, part map[string]any, path string) error {
	for name, value := range part {
		known, twice := whole[name]
		if !twice {
			whole[name] = value
			continue
		}
		inner, isObject := value.(map[string]any)
		outer, wasObject := known.(map[string]any)
		if !isObject || !wasObject {
			return fmt.Errorf("%s/%s is given twice", path, name)
		}
		if err := merge(outer, inner, path+"/"+name); err != nil {
			return err
		}
	}
	return nil
}

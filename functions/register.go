package functions

import (
	ff "github.com/GoogleCloudPlatform/functions-framework-go/functions"
)

// Register registers every unit with functions-framework-go, which serves the one
// that FUNCTION_TARGET names at /. A process may call it only once: the framework
// ends the program if a name is registered again.
func Register(s *Set) {
	for name, handler := range s.units {
		ff.HTTP(name, handler.ServeHTTP)
	}
}

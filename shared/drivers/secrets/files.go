package secrets

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"kubejobs/shared/core/credential"
	"kubejobs/shared/core/failure"
)

// dataLink is what Kubernetes mounts in a folder of a Secret: a symbolic link to the
// folder that holds the files, which a change of the Secret replaces.
const dataLink = "..data"

// Files is a Source: a folder with a folder for each Secret, in which each file is called
// as the key and holds the value. Symbolic links are followed, but not out of the folder.
type Files struct{ dir string }

// InFolder returns the Secrets in a folder; "" is no folder.
func InFolder(dir string) *Files { return &Files{dir} }

// Read implements Source. It reads all files of one version of a mounted Secret.
func (f *Files) Read(_ context.Context, name string) (map[string][]byte, error) {
	shown := failure.Shorten(name, maxName)
	if f.dir == "" {
		return nil, failure.Refused("the Secret "+shown+" cannot be read: CREDENTIALS_DIR is not set", nil)
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, failure.Refused("the Secret "+shown+" cannot be read: CREDENTIALS_DIR is no folder that can be opened", err)
	}
	defer func() { _ = root.Close() }()
	if info, err := root.Stat(name); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, failure.Refused("the Secret "+shown+" does not exist: CREDENTIALS_DIR holds no folder of that name", nil)
	}
	for {
		before, _ := root.Readlink(name + "/" + dataLink) // fails if there is none
		values, err := readKeys(root, name)
		if after, _ := root.Readlink(name + "/" + dataLink); after != before {
			continue // it was replaced meanwhile
		}
		if err != nil {
			return nil, failure.Refused("the Secret "+shown+" cannot be read: "+reason(err), err)
		}
		return values, nil
	}
}

// readKeys reads the files of a Secret that exist.
func readKeys(root *os.Root, name string) (map[string][]byte, error) {
	values := map[string][]byte{}
	for _, key := range credential.Keys() {
		value, err := readFile(root, name+"/"+key)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		values[key] = value
	}
	return values, nil
}

// errNoFile is the error of reading what is no file, such as a pipe.
var errNoFile = errors.New("not a regular file")

// readFile reads a file up to one byte more than a value may have.
func readFile(root *os.Root, path string) ([]byte, error) {
	info, err := root.Stat(path) // a pipe would block
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	file, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, credential.MaxValue+1))
}

// reason returns why a file cannot be read, without its path.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "a file of it may not be read"
	case errors.Is(err, errNoFile):
		return "one of its keys is no file"
	default:
		return "one of its files cannot be opened, or leads out of CREDENTIALS_DIR"
	}
}

// public returns the part of an error's text that may be shown.
func public(err error) string {
	if typed, ok := errors.AsType[*failure.Error](err); ok {
		return typed.Public()
	}
	return "unknown reason"
}

package secrets_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kubejobs/shared/core/failure"
	"kubejobs/shared/drivers/secrets"
)

// write writes files below a folder, from paths and texts alternately. A text that begins
// with -> is a symbolic link.
func write(t *testing.T, dir string, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		path, text := filepath.Join(dir, pairs[i]), pairs[i+1]
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, link := strings.CutPrefix(text, "->"); link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Kubernetes mounts a Secret as symbolic links to a folder that it replaces.
func TestMountedSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "plain/username", "u", "plain/password", "p", "plain/other", "x",
		"redis/..2026_1/password", "one", "redis/..2026_2/password", "two", "redis/..data", "->..2026_1",
		"redis/password", "->..data/password")
	f := secrets.InFolder(dir)
	for name, want := range map[string]map[string]string{
		"plain": {"username": "u", "password": "p"}, "redis": {"password": "one"},
	} {
		got, err := f.Read(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range want {
			if string(got[key]) != value || len(got) != len(want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	write(t, dir, "redis/..data_tmp", "->..2026_2")
	if err := os.Rename(filepath.Join(dir, "redis/..data_tmp"), filepath.Join(dir, "redis/..data")); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Read(t.Context(), "redis"); err != nil || string(got["password"]) != "two" {
		t.Errorf("after the change: %q, %v", got, err)
	}
}

// Nothing leads out of the folder, and no error shows a path or a value.
func TestFilesAreConfined(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, "password", "hunter2")
	write(t, dir, "link", "->"+outside, "absolute/password", "->"+filepath.Join(outside, "password"),
		"relative/password", "->../../"+filepath.Base(outside)+"/password", "file", "hunter2",
		"folder/password/x", "", "loop/password", "->password", "large/password", strings.Repeat("hunter2", 20_000))
	if err := os.Mkdir(filepath.Join(dir, "pipe"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe/password"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ dir, name, want string }{
		"no folder is set":      {"", "redis", "the Secret redis cannot be read: CREDENTIALS_DIR is not set"},
		"no such folder":        {dir + "/none", "redis", "CREDENTIALS_DIR is no folder that can be opened"},
		"no such Secret":        {dir, "redis", "the Secret redis does not exist: CREDENTIALS_DIR holds no folder of that name"},
		"a file for a Secret":   {dir, "file", "the Secret file does not exist"},
		"a link to a folder":    {dir, "link", "leads out of CREDENTIALS_DIR"},
		"an absolute link":      {dir, "absolute", "leads out of CREDENTIALS_DIR"},
		"a relative link":       {dir, "relative", "leads out of CREDENTIALS_DIR"},
		"a folder for a key":    {dir, "folder", "one of its keys is no file"},
		"a pipe, which blocks":  {dir, "pipe", "one of its keys is no file"},
		"a link to itself":      {dir, "loop", "one of its files cannot be opened"},
		"a path out of it":      {dir + "/pipe", "../absolute", "the Secret ../absolute "},
		"the folder above it":   {dir + "/pipe", "..", "the Secret .. "},
		"an absolute path":      {dir, outside, "the Secret "},
		"a path into the parts": {dir, "pipe/../file", "the Secret pipe/../file "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := secrets.InFolder(tt.dir).Read(t.Context(), tt.name)
			if failure.KindOf(err) != failure.KindRefused || got != nil {
				t.Fatalf("read %q, %v", got, err)
			}
			public := failureText(err)
			if !strings.Contains(public, tt.want) || strings.Contains(public, "hunter2") {
				t.Errorf("error %s, want %s", public, tt.want)
			}
		})
	}
	if values, err := secrets.InFolder(dir).Read(t.Context(), "large"); err != nil || len(values["password"]) != 64<<10+1 {
		t.Errorf("%d bytes of a large file, %v, want one more than the limit", len(values["password"]), err)
	}
}
